"""GET and POST /workers: everybody looks, administrators change."""

import pytest

from tests.api.conftest import Caller
from tests.operations import plant
from tests.serving import serve, served
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:1"


@served
def test_a_worker_is_registered_and_asked_at_once_what_it_can_do(transactional_db: None, admin: Caller) -> None:
    with serve(plant.worker) as url:
        response = admin.send("/workers", {"name": "plant", "url": f"{url}/"})

    assert response.status_code == 201
    assert response.headers["Location"] == "/workers/plant"
    shown = admin.get("/workers/plant").json()
    assert shown["url"] == url
    assert shown["healthy"] is True
    assert "double" in [action["name"] for action in shown["actions"]]


def test_one_that_does_not_answer_is_registered_and_said_to_be_unwell(admin: Caller) -> None:
    shown = admin.send("/workers", {"name": "plant", "url": NOWHERE}).json()

    assert shown["healthy"] is False
    assert NOWHERE in shown["error"]


def test_others_look_but_do_not_change(alice: Caller) -> None:
    RegisteredWorker.objects.create(name="plant", url=NOWHERE)

    assert [row["name"] for row in alice.get("/workers").json()["results"]] == ["plant"]
    assert alice.send("/workers", {"name": "other", "url": NOWHERE}).status_code == 403
    assert alice.patch("/workers/plant", {"enabled": False}, content_type="application/json").status_code == 403
    assert alice.delete("/workers/plant").status_code == 403
    assert RegisteredWorker.objects.get().enabled


def test_a_worker_is_moved_disabled_and_forgotten(admin: Caller) -> None:
    RegisteredWorker.objects.create(name="plant", url=NOWHERE, manifest={"version": "1"}, failures=9)

    moved = admin.patch("/workers/plant", {"url": "http://127.0.0.1:2"}, content_type="application/json").json()
    assert (moved["url"], moved["enabled"], moved["version"]) == ("http://127.0.0.1:2", True, None)
    disabled = admin.patch("/workers/plant", {"enabled": False}, content_type="application/json").json()
    assert (disabled["url"], disabled["enabled"]) == ("http://127.0.0.1:2", False)
    assert admin.delete("/workers/plant").status_code == 204
    assert admin.get("/workers/plant").status_code == 404


def test_a_name_is_taken_once(admin: Caller) -> None:
    RegisteredWorker.objects.create(name="plant", url=NOWHERE)

    response = admin.send("/workers", {"name": "plant", "url": "http://127.0.0.1:2"})

    assert response.status_code == 409
    assert RegisteredWorker.objects.get().url == NOWHERE


@pytest.mark.parametrize(
    "url", ["ftp://host", "file:///etc/passwd", "host:80", "http://", "http://u:p@host", "http://h?x", "http://h\nx"]
)
def test_only_plain_http_addresses_are_taken(admin: Caller, url: str) -> None:
    response = admin.send("/workers", {"name": "plant", "url": url})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "url"
