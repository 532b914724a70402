"""Who is let in, as whom, and what he may then see and do."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from operations.models import ApiKey, Operation
from tests.api.conftest import Caller, caller
from tests.make import make_key, make_operation, make_person, make_reviewer

pytestmark = pytest.mark.django_db

PATHS = ["/operations", "/operations/op-1", "/operations/op-1/events", "/escalations", "/workers", "/metrics"]


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_told_how_to_come_in(eve: Caller, path: str) -> None:
    response = eve.get(path)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="concord"'
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "Authorization: Bearer KEY" in response.json()["detail"]


def test_both_headers_are_taken() -> None:
    _, key = make_key()

    assert Client(headers={"Authorization": f"bearer {key}"}).get("/operations").status_code == 200
    assert Client(headers={"X-API-Key": key}).get("/operations").status_code == 200


def test_unknown_and_revoked_keys_get_the_same_refusal(alice: Caller) -> None:
    ApiKey.objects.update(revoked_at=timezone.now())

    refused = [caller.get("/operations") for caller in (alice, Caller("ck_nonsense"), Caller(alice.key + "x"))]

    assert [response.status_code for response in refused] == [401, 401, 401]
    assert len({response.content for response in refused}) == 1


def test_the_last_use_is_noted_at_most_once_a_minute(alice: Caller) -> None:
    alice.get("/operations")
    first = ApiKey.objects.get(name="alice").last_used_at
    alice.get("/operations")
    assert ApiKey.objects.get(name="alice").last_used_at == first

    long_ago = timezone.now() - timedelta(minutes=2)
    ApiKey.objects.update(last_used_at=long_ago)
    alice.get("/operations")
    assert ApiKey.objects.filter(name="alice", last_used_at__gt=long_ago).exists()


def test_a_key_sees_its_own_operations_and_others_are_404(alice: Caller, bob: Caller) -> None:
    theirs = make_operation(bob.row)

    for path in ("", "/events"):
        assert alice.get(f"/operations/{theirs.pk}{path}").status_code == 404
    for act in ("cancel", "retry"):
        assert alice.send(f"/operations/{theirs.pk}/{act}").status_code == 404
    assert alice.get("/operations").json()["results"] == []
    assert bob.get(f"/operations/{theirs.pk}").status_code == 200
    assert Operation.objects.get(pk=theirs.pk).status == "planning"


def test_a_key_with_read_all_sees_every_operation(bob: Caller) -> None:
    theirs = make_operation(bob.row)

    assert caller("read_all").get(f"/operations/{theirs.pk}").status_code == 200


def test_without_required_keys_anybody_may_come_but_sees_no_clients_operation(
    eve: Caller, alice: Caller, settings: Settings
) -> None:
    settings.API_KEY_REQUIRED = False
    theirs = make_operation(alice.row)

    made = eve.send("/operations", {"operation_type": "data_pipeline", "parameters": {"counties": ["Duval"]}})

    assert made.status_code == 202
    assert [row["operation_id"] for row in eve.get("/operations").json()["results"]] == [made.json()["operation_id"]]
    assert eve.get(f"/operations/{theirs.pk}").status_code == 404
    assert eve.send("/workers", {"name": "x", "url": "http://x"}).status_code == 403
    assert Caller("ck_nonsense").get("/operations").status_code == 401


def test_a_reviewers_session_may_use_the_api() -> None:
    client = Client()
    client.force_login(make_reviewer())
    operation = make_operation()

    assert client.get(f"/operations/{operation.pk}").status_code == 200


def test_a_session_without_a_part_in_operations_is_403() -> None:
    client = Client()
    client.force_login(make_person())

    response = client.get("/operations")

    assert response.status_code == 403
    assert "reviewer" in response.json()["detail"]


def test_a_session_cannot_be_used_by_another_site() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_reviewer())
    operation = make_operation()

    response = client.post(f"/operations/{operation.pk}/cancel")

    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]
    operation.refresh_from_db()
    assert operation.status == "planning"


def test_create_api_key_prints_the_key_and_nothing_else() -> None:
    out = io.StringIO()
    call_command("create_api_key", "etl", scope=["decide", "read_all"], stdout=out)

    key = out.getvalue().rstrip("\n")
    assert ApiKey.objects.get(name="etl").scopes == ["decide", "read_all"]
    assert key not in str(ApiKey.objects.filter(name="etl").values().get())
    assert Caller(key).get("/operations").status_code == 200


def test_create_api_key_refuses_a_name_twice() -> None:
    call_command("create_api_key", "etl", stdout=io.StringIO())

    with pytest.raises(CommandError, match="already"):
        call_command("create_api_key", "etl", stdout=io.StringIO())
    assert ApiKey.objects.count() == 1
