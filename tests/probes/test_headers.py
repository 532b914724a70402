"""What every answer says to browsers: full marks by the rules of the Mozilla Observatory, wherever it is made."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from redis import Redis

from tests.browser.every_page import fill
from tests.browser.site import Site, environment
from tests.make import make_escalation, make_operation, make_reviewer
from tests.probes import observatory
from tests.probes.conftest import UNLIMITED, Target
from tests.probes.wire import HOST, exchange

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

SAID = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ALLOWED_TO_SPEAK_OF_ITSELF = {"server", "x-powered-by", "x-aspnet-version", "via"}
BY_HTTPS = {"X-Forwarded-Proto": "https"}
PUBLIC = ["/", "/health", "/docs", "/docs?script=", "/schema", "/console/login", "/admin/login/"]
FILES = ["/static/concord.css", "/static/concord.js", "/static/concord.svg", "/static/admin/css/base.css"]
FILES += ["/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"]
NOWHERE = ["/nothing", "/console/nothing", "/admin/nothing", "/static/nothing", "/static/..%2fmanage.py", "/ws"]
ADMIN = ["/admin/", "/admin/operations/", "/admin/operations/operation/", "/admin/operations/apikey/add/"]
ADMIN += ["/admin/auth/user/", "/admin/password_change/", "/admin/jsi18n/"]


@pytest.fixture(scope="module")
def https_site(tmp_path_factory: pytest.TempPathFactory, private_redis: Redis) -> Iterator[Site]:
    site = Site(
        tmp_path_factory.mktemp("https") / "web.log", environment() | UNLIMITED | {"HTTPS": "true"}, "concord.web"
    )
    yield site
    site.stop()


@pytest.fixture
def secure(transactional_db: None, https_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The server as it is behind a proxy that speaks HTTPS."""
    if not https_site.process:
        https_site.start()
    behind = Target(https_site)
    yield behind
    behind.close()


def complaints(answer: httpx2.Response) -> list[str]:
    """What an answer should have said and did not, and what it should not have said."""
    rules = observatory.policy(answer.headers.get("content-security-policy", ""))
    found = [
        f"{name} is {answer.headers.get(name)!r}" for name, value in SAID.items() if answer.headers.get(name) != value
    ]
    found += [f"says {name}" for name in ALLOWED_TO_SPEAK_OF_ITSELF if name in answer.headers]
    found += [f"{name} is {rules.get(name)}" for name in observatory.CLOSED if rules.get(name) != ["'none'"]]
    found += [
        f"{name}: {words}" for name, words in rules.items() if {"'unsafe-inline'", "'unsafe-eval'", "*"} & {*words}
    ]
    if "camera=()" not in answer.headers.get("permissions-policy", ""):
        found.append("no Permissions-Policy")
    if not answer.request.url.path.startswith("/static/") and "no-store" not in answer.headers.get("cache-control", ""):
        found.append(f"may be kept: {answer.headers.get('cache-control')!r}")
    return found


def told(caller: httpx2.Client, paths: list[str], **headers: str) -> dict[str, list[str]]:
    answers = {path: caller.get(path, headers=headers) for path in paths}
    assert not [path for path, answer in answers.items() if answer.status_code >= 500]
    return {path: said for path, answer in answers.items() if (said := complaints(answer))}


def test_pages_files_and_errors_say_it_to_strangers(target: Target) -> None:
    assert told(target.stranger(), PUBLIC + FILES + NOWHERE + ADMIN) == {}


def test_the_api_says_it_in_answers_and_in_refusals(target: Target) -> None:
    escalation, operation = make_escalation(), make_operation()
    one, question = f"/operations/{operation.pk}", f"/escalations/{escalation.pk}"
    paths = ["/operations", one, f"{one}/events", question, "/escalations", "/workers", "/usage", "/metrics", "/none"]

    assert told(target.program(), paths) == {}
    assert told(target.stranger(), paths) == {}
    assert told(target.program(), ["/operations"], Accept="text/html") == {}
    refused = target.stranger().post("/operations", content=b"<x/>", headers={"Content-Type": "application/xml"})
    assert complaints(refused) == []


def test_every_page_of_the_console_and_the_admin_says_it(target: Target) -> None:
    rita = make_reviewer("rita")
    pages = sorted({page for shown in fill("rita").values() for page in shown})

    assert told(target.person(rita), pages) == {}
    assert told(target.administrator(), ADMIN) == {}


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\n\r\n",  # names no host
        b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /?\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /operations HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
)
def test_what_is_refused_before_any_view_says_nothing_about_the_server(target: Target, request_line: bytes) -> None:
    answer = exchange(target.port, request_line.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert re.match(rb"HTTP/1.1 4\d\d ", answer)
    assert b"nosniff" in answer
    assert b"frame-ancestors 'none'" in answer
    assert not re.search(rb"(?i)daphne|twisted|autobahn|django|python", answer)


@pytest.mark.parametrize("path", ["/console/login", "/static/concord.css", "/docs", "/nothing", "/operations"])
def test_by_https_the_observatory_gives_full_marks(secure: Target, path: str) -> None:
    answer = secure.stranger(**BY_HTTPS).get(path)

    given = observatory.marks(answer.headers, answer.headers.get_list("set-cookie"), answer.text)
    assert {name: mark for name, mark in given.items() if mark < 0} == {}
    assert observatory.score(given) >= 130
    assert complaints(answer) == []


def test_by_https_a_session_is_for_this_host_alone_and_for_no_script(secure: Target, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the server's own, too
    make_reviewer("rita")
    browser = secure.stranger(**BY_HTTPS, Origin=f"https://127.0.0.1:{secure.port}")
    page = browser.get("/console/login")
    cookies = "; ".join(cookie.partition(";")[0] for cookie in page.headers.get_list("set-cookie"))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    form = {"username": "rita", "password": "secret", "csrfmiddlewaretoken": token[1]}

    entered = browser.post("/console/login", data=form, headers={"Cookie": cookies})

    assert entered.status_code == 302
    session = next(cookie for cookie in entered.headers.get_list("set-cookie") if "sessionid" in cookie)
    assert session.startswith("__Host-")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {*session.split("; ")}
    assert observatory.score(observatory.marks(entered.headers, entered.headers.get_list("set-cookie"))) >= 130


def test_by_https_plain_http_is_sent_on(secure: Target) -> None:
    answer = secure.stranger().get("/console/login?next=/console/")

    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://127.0.0.1:{secure.port}/console/login?next=/console/"


def test_the_rules_find_what_is_wrong() -> None:
    """The marks above can be lost."""
    lax: dict[str, Any] = {"content-security-policy": "default-src *", "access-control-allow-origin": "*"}
    given = observatory.marks(lax, ["sessionid=x; Path=/"], '<script src="//cdn.example/x.js">')

    assert {name for name, mark in given.items() if mark < 0} == {*given} - {"cross-origin-resource-policy"}
    assert observatory.score(given) < 0
