"""Calls go to configured hosts alone, and to no address that is nobody's business, whatever a name leads to."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import Caller, caller
from tests.limits.called import METADATA, serving
from tests.make import make_person
from workers import client, datasets, outgoing
from workers.contract import ActionError
from workers.florida_data import sources as rolls
from workers.florida_data.web import SourceRefused, answered
from workers.models import RegisteredWorker
from workers.outgoing_http import client as http_client
from workers.sunbiz import sources as sunbiz


@pytest.fixture
def administrator(db: None) -> Caller:
    return caller("admin", "start", "read_all", name="administrator")


def registered(administrator: Caller, url: str) -> list[str]:
    """What is said against registering a worker there; nothing where it is taken."""
    answer = administrator.send("/workers", {"name": "weather", "url": url})
    if answer.status_code == 201:
        RegisteredWorker.objects.filter(name="weather").delete()
        return []
    assert answer.status_code == 400, answer.content
    return [error["message"] for error in answer.json()["errors"] if error["field"] == "url"]


@pytest.mark.parametrize(
    "url",
    [
        "http://weather.example:8009",
        "http://10.0.0.5:8009",
        f"http://{METADATA}/latest/meta-data",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://0.0.0.0:8009",
        "http://127.0.0.9:8009",
        "http://2130706433:8009",
        "http://0x7f.1:8009",
        "http://[::ffff:169.254.169.254]/",
    ],
)
def test_a_worker_elsewhere_is_refused_with_the_setting_that_would_allow_it(administrator: Caller, url: str) -> None:
    [message] = registered(administrator, url)

    assert "WORKER_HOSTS" in message


def test_workers_are_on_the_hosts_of_the_settings_and_those_that_are_named(
    administrator: Caller, settings: Settings, names: dict[str, list[str]]
) -> None:
    names.update({"rain.workers.example": ["192.0.43.7"], "weather.internal": ["10.9.8.7"]})
    settings.WORKER_HOSTS = ["*.workers.example", "weather.internal", "127.0.0.0/30"]

    for url in ("http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1", "http://weather.internal:1"):
        assert registered(administrator, url) == [], url
    assert registered(administrator, "http://127.0.0.4:1")


def test_a_pattern_opens_no_private_network(
    administrator: Caller, settings: Settings, names: dict[str, list[str]]
) -> None:
    settings.WORKER_HOSTS = ["*.workers.example"]
    names["rain.workers.example"] = ["10.9.8.7"]
    [message] = registered(administrator, "http://rain.workers.example:1")
    assert "private address 10.9.8.7" in message

    settings.WORKER_HOSTS = ["*.workers.example", "10.9.0.0/16"]
    assert outgoing.workers().addresses("rain.workers.example", 1) == ["10.9.8.7"]


@pytest.mark.parametrize(
    "address",
    [METADATA, "0.0.0.0", "224.0.0.1", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
)
def test_a_named_host_may_not_lead_to_where_clouds_keep_credentials(
    administrator: Caller, settings: Settings, names: dict[str, list[str]], address: str
) -> None:
    settings.WORKER_HOSTS = ["weather.internal"]
    names["weather.internal"] = [address]

    [message] = registered(administrator, "http://weather.internal:1")

    assert "never called" in message


@pytest.mark.parametrize(
    "url", ["http://u:p@localhost:1", "ftp://localhost", "http://localhost:1?x", "http://localhost:99999"]
)
def test_an_address_has_no_login_no_query_and_a_port(administrator: Caller, url: str) -> None:
    assert registered(administrator, url)


def test_the_admin_says_the_same(db: None) -> None:
    browser = Client()
    browser.force_login(make_person("root", is_staff=True, is_superuser=True))

    page = browser.post(
        "/admin/workers/registeredworker/add/", {"name": "weather", "url": "http://weather.example:8009"}
    )

    assert page.status_code == 200
    assert "WORKER_HOSTS" in page.content.decode()
    assert not RegisteredWorker.objects.filter(name="weather").exists()


def call(url: str) -> client.Outcome:
    return client.start(client.Request("weather", url, "report", {}, "op-1:E1:x:0", 1, "2030-01-01T00:00:00Z"))


def test_one_that_was_registered_before_is_not_called_and_no_token_is_sent(settings: Settings) -> None:
    with serving("127.0.0.2") as server:
        outcome = call(f"http://127.0.0.2:{server.port}")

    assert isinstance(outcome, client.Failed)
    assert "WORKER_HOSTS" in outcome.error
    assert not outcome.retryable
    assert server.asked == []
    with pytest.raises(client.Unreachable, match="WORKER_HOSTS"):
        client.health("http://127.0.0.2:1")


def test_a_name_that_leads_elsewhere_at_the_next_look_is_looked_at_anew(
    administrator: Caller, settings: Settings, names: dict[str, list[str]]
) -> None:
    settings.WORKER_HOSTS = ["*.workers.example", "127.0.0.1/32"]
    with serving("127.0.0.2") as inside:
        names["rain.workers.example"] = ["127.0.0.1", "127.0.0.2"]
        assert registered(administrator, f"http://rain.workers.example:{inside.port}") == []

        outcome = call(f"http://rain.workers.example:{inside.port}")

    assert isinstance(outcome, client.Failed)
    assert "private address 127.0.0.2" in outcome.error
    assert inside.asked == []


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    settings: Settings, names: dict[str, list[str]]
) -> None:
    settings.WORKER_HOSTS = ["*.workers.example", "127.0.0.1/32"]
    with serving() as server:
        names["rain.workers.example"] = ["127.0.0.1", METADATA]  # a second look-up would lead to the other

        call(f"http://rain.workers.example:{server.port}")

    assert server.asked == [("/operations", f"rain.workers.example:{server.port}")]


def test_a_workers_redirect_is_not_followed() -> None:
    with serving() as target, serving(status=307, Location=f"http://127.0.0.1:{target.port}/") as server:
        outcome = call(f"http://127.0.0.1:{server.port}")

    assert isinstance(outcome, client.Failed)
    assert target.asked == []


@pytest.fixture
def portal(settings: Settings) -> Callable[[int], str]:
    """Let the portal be at this port of this machine."""

    def at(port: int) -> str:
        settings.FLORIDA_PORTAL_URL = f"http://127.0.0.1:{port}"
        return f"{settings.FLORIDA_PORTAL_URL}/rolls"

    return at


def status(url: str) -> int:
    with answered(url, {}) as response:
        return response.status_code


def test_a_source_may_redirect_to_another_source(portal: Callable[[int], str], settings: Settings) -> None:
    with serving("127.0.0.2") as archive, serving(status=302, Location=f"http://127.0.0.2:{archive.port}/a") as server:
        settings.FLORIDA_SOURCES = {"archive": f"http://127.0.0.2:{archive.port}/Documents/"}

        assert status(portal(server.port)) == 200
    assert [path for path, _ in archive.asked] == ["/a"]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",  # another host
        "http://127.0.0.1:{port}/",  # another port of the same host
        f"http://{METADATA}/latest/meta-data/",
        "http://[::ffff:a9fe:a9fe]/",
        "//127.0.0.2:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
    ],
)
def test_a_source_may_not_redirect_elsewhere(portal: Callable[[int], str], location: str) -> None:
    with (
        serving("127.0.0.2") as inside,
        serving(status=302, Location=location.format(port=inside.port)) as server,
        pytest.raises(SourceRefused),
    ):
        status(portal(server.port))
    assert inside.asked == []


def test_a_source_whose_name_leads_to_the_metadata_is_not_asked(
    settings: Settings, names: dict[str, list[str]]
) -> None:
    settings.FLORIDA_PORTAL_URL = "http://rolls.example"
    names["rolls.example"] = [METADATA]

    with pytest.raises(SourceRefused, match="never called"):
        status("http://rolls.example/rolls")


def test_the_environments_proxies_are_not_used(portal: Callable[[int], str], monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy, serving() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")

        assert status(portal(server.port)) == 200
        with http_client(lambda: outgoing.model(f"http://127.0.0.1:{server.port}")) as http:
            assert http.get(f"http://127.0.0.1:{server.port}/v1/models").status_code == 200
    assert proxy.asked == []


def test_the_proxy_of_the_settings_is_used_for_sources_alone(settings: Settings) -> None:
    with serving() as proxy:
        settings.OUTGOING_PROXY = f"http://127.0.0.1:{proxy.port}"
        settings.FLORIDA_PORTAL_URL = "http://rolls.example"

        assert status("http://rolls.example/rolls") == 200
        assert proxy.asked == [("http://rolls.example/rolls", "rolls.example")]
        with pytest.raises(SourceRefused):
            status("http://elsewhere.example/rolls")
    assert len(proxy.asked) == 1


def test_tls_is_checked_against_the_name_and_not_the_address(
    settings: Settings, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []

    def handle(self: Any, request: httpx2.Request) -> httpx2.Response:
        told.append({"host": request.url.host, "header": request.headers["Host"], **request.extensions})
        return httpx2.Response(200)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
    names["rolls.example"] = ["192.0.43.7"]
    with http_client(lambda: outgoing.model("https://rolls.example")) as http:
        http.get("https://rolls.example/x")

    assert (told[0]["host"], told[0]["header"]) == ("192.0.43.7", "rolls.example")
    assert told[0]["sni_hostname"] == "rolls.example"


@pytest.mark.parametrize("url", ["{data}/x.parquet::http://127.0.0.1:1/", "simplecache::{data}/x", "{data}/../x"])
def test_an_address_of_a_dataset_has_no_second_address_behind_it(settings: Settings, url: str) -> None:
    with pytest.raises(ActionError, match="outside DATA_URL"):
        datasets.checked(url.format(data=settings.DATA_URL))


@pytest.mark.parametrize("find", [rolls.find_source, sunbiz.find_source], ids=["florida_data", "sunbiz"])
@pytest.mark.parametrize("behind", ["http://127.0.0.1:1/", "file:///etc/passwd"])
def test_nor_has_one_of_a_source(find: Callable[[str], Any], behind: str, settings: Settings) -> None:
    with pytest.raises(ActionError, match="neither a source nor beneath one"):
        find(f"file://{settings.VAR}/inbox/x::{behind}")
