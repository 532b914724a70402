"""What another site's page makes a browser send has no effect, and what a browser keeps cannot be written by others."""

import re
from typing import Any

import httpx2
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import URLPattern, URLResolver, get_resolver

from operations.models import Operation
from tests.browser.every_page import fill
from tests.make import make_escalation, make_operation, make_reviewer
from tests.probes import payloads
from tests.probes.conftest import Target
from tests.probes.crawler import TOKEN, Crawler
from tests.probes.wire import HOST, UPGRADE, exchange, statuses
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

EVIL = {"Origin": "https://evil.example", "Referer": "https://evil.example/page"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SOCKETS = ["/ws", "/ws/operations/{}", "/ws/escalations"]
ELSEWHERE = [
    *payloads.ELSEWHERE,
    "https:evil.example",
    "/\\evil.example",
    "\t//evil.example",
    "http:///evil.example",
    "A",
]


def addresses(patterns: list[Any], before: str = "/") -> list[str]:
    """All paths of the console, the admin and the API, with an x for whatever they take."""
    found = []
    for pattern in patterns:
        path = before + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            found.append(re.sub(r"<int:[^>]*>", "1", path))
    return [
        re.sub(r"<[^>]*>|\(\?P.*?\)(?=/|$)|\(\?P.*\)", "x", path).replace("\\", "").replace("//", "/") for path in found
    ]


def test_no_address_takes_a_form_from_another_site(target: Target) -> None:
    root = target.administrator()
    paths = {path for path in addresses(get_resolver().url_patterns) if "(" not in path}
    assert len(paths) > 100

    answers = {path: root.post(path, content="a=b", headers=FORM | EVIL).status_code for path in paths}

    # Those that take no POST at all say so first; the rest sees that the token is missing. Nothing sends on.
    assert set(answers.values()) <= {403, 404, 405}, {
        path: status for path, status in answers.items() if status not in (403, 404, 405)
    }
    assert sum(status == 403 for status in answers.values()) > 60


def test_no_form_of_the_pages_has_an_effect_without_its_token(target: Target) -> None:
    root = target.administrator()
    crawler = Crawler(root)
    crawler.walk(["/admin/", "/console/account", *(page for pages in fill("root").values() for page in pages)], 150)
    forms = [form for (method, _), form in crawler.forms.items() if method == "POST"]
    assert len(forms) > 15

    for form in forms:
        fields = {name: value for name, value in form.fields if name != TOKEN}
        assert root.post(form.action, data=fields).status_code == 403, form.action
        forged = fields | {TOKEN: crawler.token}
        assert root.post(form.action, data=forged, headers=EVIL).status_code == 403, form.action


def test_the_api_takes_a_session_only_with_a_token(target: Target) -> None:
    operation, escalation = make_operation(), make_escalation()
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9")
    root = target.administrator()
    acts = [f"/operations/{operation.pk}/{act}" for act in ("cancel", "retry", "ring")]
    acts += [f"/escalations/{escalation.pk}/{act}" for act in ("claim", "release", "decide", "comments", "assign")]
    acts += ["/operations", "/workers", "/workers/plant/reset"]

    for body, kind in ((b"{}", "application/json"), (b"{}", "text/plain"), (b"a=b", FORM["Content-Type"])):
        answers = {act: root.post(act, content=body, headers={"Content-Type": kind} | EVIL).status_code for act in acts}
        assert set(answers.values()) == {403}, answers
    assert root.delete("/workers/plant", headers=EVIL).status_code == 403
    assert root.patch("/workers/plant", json={"enabled": False}, headers=EVIL).status_code == 403
    assert Operation.objects.get(pk=operation.pk).status == "planning"
    assert RegisteredWorker.objects.get().enabled


def test_nobody_is_logged_in_by_another_site(target: Target) -> None:
    make_reviewer("rita")
    stranger = target.stranger()

    answer = stranger.post("/console/login", data={"username": "rita", "password": "secret"}, headers=EVIL)

    assert answer.status_code == 403
    assert "sessionid" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (b"https://evil.example", 403),
        (b"null", 403),
        (b"http://127.0.0.1.evil.example", 403),
        (b"", 403),
        (b"own", 101),
    ],
)
def test_a_socket_with_a_session_is_for_ones_own_pages(target: Target, path: str, origin: bytes, status: int) -> None:
    root = target.administrator()
    session = root.cookies[settings.SESSION_COOKIE_NAME].encode()
    named = origin.replace(b"own", target.url.encode())
    headers = UPGRADE + b"Cookie: sessionid=" + session + b"\r\n" + (b"Origin: " + named + b"\r\n" if named else b"")
    address = path.format(make_operation().pk).encode()

    answer = exchange(target.port, b"GET " + address + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n", seconds=2)

    assert statuses(answer)[0] == status


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:80@evil.example", "a b", "[::1", "-"]
)
def test_another_host_is_not_served(target: Target, host: str) -> None:
    for path in ("/console/login", "/operations", "/admin/", "/health", "/docs", "/schema"):
        answer = target.stranger(Host=host).get(path)
        assert answer.status_code == 400, path
        assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("target_address", ELSEWHERE)
def test_nobody_is_sent_elsewhere(target: Target, target_address: str) -> None:
    root, stranger = target.administrator(), target.stranger()
    crawler = Crawler(root)
    crawler.walk(["/console/account"], most=1)
    given = {"next": target_address, TOKEN: crawler.token}
    own = {"Origin": target.url}
    answers = [
        stranger.get("/admin/login/", params={"next": target_address}),
        root.get("/console/login", params={"next": target_address}),
        root.get("/console/account/confirm", params={"next": target_address}),
        root.post("/console/theme", data=given, headers=own),
        root.post("/console/logout", data=given, headers=own),
    ]

    assert [harm for answer in answers for harm in payloads.harm(answer)] == []
    assert [answer.status_code for answer in answers if answer.status_code >= 400] == []


@pytest.mark.parametrize("target_address", ELSEWHERE)
def test_nobody_who_logs_in_is_sent_elsewhere(target: Target, target_address: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the server's own, too
    make_reviewer("rita")
    browser = target.stranger(Origin=target.url)
    page = browser.get("/console/login", params={"next": target_address})
    token = re.search(rf'{TOKEN}" value="([^"]+)"', page.text)
    assert token
    given = {"username": "rita", "password": "secret", "next": target_address, TOKEN: token[1]}

    entered = browser.post("/console/login", data=given)
    confirmed = browser.post(
        "/console/account/confirm",
        data={"password": "secret", "next": target_address, TOKEN: browser.cookies["csrftoken"]},
    )

    assert [payloads.harm(answer) for answer in (page, entered, confirmed)] == [[], [], []]
    assert [answer.status_code for answer in (entered, confirmed)] == [302, 302]


@pytest.mark.parametrize(
    "cookie",
    [
        "sessionid=" + "A" * 32,
        "sessionid=../../../etc/passwd",
        "sessionid=' OR '1'='1",
        "sessionid=\xff\xfe",
        "sessionid={real}x",
        "sessionid={turned}",
        "sessionid={real:.10}",
        "csrftoken=x; sessionid=; theme=dark",
        'theme="><script>alert(7)</script>',
        "messages=W1siX19qc29uX21lc3NhZ2UiLDAsMjUsImhpIl1d:x:y",
        "; ; =; a=b=c; " + "x=y; " * 500 + "z",
    ],
)
def test_what_a_browser_keeps_cannot_be_written_by_others(target: Target, cookie: str) -> None:
    root = target.administrator()
    real = root.cookies[settings.SESSION_COOKIE_NAME]
    written = cookie.format(real=real, turned=real[::-1]) if "{" in cookie else cookie
    stranger = target.stranger()

    answers = [
        stranger.get(path, headers={b"Cookie": written.encode("latin1")})
        for path in ("/console/", "/console/login", "/operations")
    ]

    assert [answer.status_code for answer in answers] == [302, 200, 401]
    assert [harm for answer in answers for harm in payloads.harm(answer)] == []
    assert Session.objects.filter(session_key__startswith="A").count() == 0


def test_a_session_ends_for_good_where_its_person_logs_out(target: Target) -> None:
    root = target.administrator()
    crawler = Crawler(root)
    crawler.walk(["/console/account"], most=1)
    session = root.cookies[settings.SESSION_COOKIE_NAME]
    assert root.get("/operations").status_code == 200

    root.post("/console/logout", data={TOKEN: crawler.token}, headers={"Origin": target.url})

    with httpx2.Client(base_url=target.url, cookies={settings.SESSION_COOKIE_NAME: session}, trust_env=False) as thief:
        assert thief.get("/operations").status_code == 401
