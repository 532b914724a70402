"""POST /operations: what is taken, what is refused and how, and what happens to a request sent twice."""

import json
from typing import Any

import pytest

from operations.models import Event, IdempotencyKey, Operation
from operations.planning import types
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db

BODY: dict[str, Any] = {"operation_type": "data_pipeline", "parameters": {"counties": ["Broward"]}}


def test_an_operation_is_saved_and_answered_at_once(alice: Caller) -> None:
    response = alice.send("/operations", BODY | {"priority": 9, "metadata": {"ticket": 7}}, Prefer="respond-async")

    assert response.status_code == 202
    shown = response.json()
    assert response.headers["Location"] == f"/operations/{shown['operation_id']}"
    assert response.headers["Preference-Applied"] == "respond-async"
    assert "Concord-Wait" not in response.headers
    assert shown["status"] == "planning"
    assert shown["metadata"] == {"ticket": 7}
    operation = Operation.objects.get(pk=shown["operation_id"])
    assert operation.client == alice.row
    assert (operation.priority, operation.timeout_seconds, operation.require_validation) == (9, 300, True)
    assert [event.actor for event in Event.objects.filter(operation=operation)] == ["alice"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"prio": 3}, "prio", "There is no 'prio' here"),
        ({"operation_type": "data_pipelin"}, "operation_type", "not a valid choice"),
        ({"operation_type": None}, "operation_type", "may not be null"),
        ({"parameters": []}, "parameters", "Expected a dictionary"),
        ({"parameters": {"counties": ["Brevar"]}}, "parameters.counties.0", "Brevard"),
        ({"priority": 0}, "priority", "greater than or equal to 1"),
        ({"priority": 11}, "priority", "less than or equal to 10"),
        ({"priority": "5"}, "priority", "valid integer"),
        ({"priority": True}, "priority", "valid integer"),
        ({"timeout_seconds": 86_401}, "timeout_seconds", "86400"),
        ({"timeout_seconds": 0}, "timeout_seconds", "greater than or equal to 1"),
        ({"require_validation": "yes"}, "require_validation", "boolean"),
        ({"metadata": "x"}, "metadata", "Expected a dictionary"),
        ({"metadata": {"note": "a\0b"}}, "metadata.note", "NUL"),
        ({"metadata": {"a\0b": 1}}, "metadata", "NUL"),
        ({"metadata": {"list": ["\ud800"]}}, "metadata.list.0", "surrogate"),
    ],
)
def test_a_bad_field_is_named_with_what_is_wrong(alice: Caller, change: Any, field: str, words: str) -> None:
    response = alice.send("/operations", BODY | change)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert words in problem["errors"][0]["message"]
    assert words in problem["detail"]
    assert not Operation.objects.exists()


def test_all_bad_fields_are_told_at_once(alice: Caller) -> None:
    response = alice.send("/operations", {"operation_type": "x", "priority": 99})

    assert {error["field"] for error in response.json()["errors"]} == {"operation_type", "priority"}


def test_a_type_whose_workers_are_still_to_come_is_422_in_plain_words(
    alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(types.CHECKS, "ai_inference")

    response = alice.send("/operations", {"operation_type": "ai_inference"})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "operation_type"
    assert "not available yet" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        (b"[1, 2]", 400, "Expected a dictionary"),
        (b'{"metadata": NaN}', 400, "NaN"),
        (b'{"metadata": {"a": 1e999}}', 400, "too large"),
        (b'{"metadata": {}, "metadata": {}}', 400, "'metadata' comes twice"),
        (b'{"metadata": "\xff"}', 400, "UTF-8"),
        (b"[" * 100_000, 400, "deeper"),
        (b'{"metadata": ' + b'{"a":' * 20 + b"1" + b"}" * 21, 400, "deeper than 20"),
        (b'{"metadata": {"a": "' + b"x" * 1_000_001 + b'"}}', 413, "1,000,000 bytes"),
    ],
)
def test_what_is_not_sensible_json_is_refused(alice: Caller, body: bytes, status: int, words: str) -> None:
    response = alice.post("/operations", body, content_type="application/json")

    assert response.status_code == status
    assert words in response.json()["detail"]
    assert not Operation.objects.exists()


def test_a_form_is_refused_with_what_to_send_instead(alice: Caller) -> None:
    response = alice.post("/operations", "operation_type=custom", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 415
    assert "application/json" in response.json()["detail"]


def test_the_same_idempotency_key_and_body_give_the_same_operation(alice: Caller) -> None:
    first = alice.send("/operations", BODY, Idempotency_Key="k1", Prefer="respond-async")
    reordered = json.loads(json.dumps(dict(reversed(BODY.items()))))
    second = alice.send("/operations", reordered, Idempotency_Key="k1", Prefer="respond-async")

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["operation_id"] == second.json()["operation_id"]
    assert Operation.objects.count() == 1


def test_a_repeated_request_for_an_ended_operation_is_answered_200(alice: Caller) -> None:
    first = alice.send("/operations", BODY, Idempotency_Key="k1", Prefer="respond-async").json()
    alice.send(f"/operations/{first['operation_id']}/cancel")

    second = alice.send("/operations", BODY, Idempotency_Key="k1")

    assert second.status_code == 200
    assert second.json()["status"] == "cancelled"
    assert "Concord-Wait" not in second.headers


def test_the_same_idempotency_key_with_another_body_is_a_conflict(alice: Caller) -> None:
    alice.send("/operations", BODY, Idempotency_Key="k1")

    response = alice.send("/operations", BODY | {"priority": 6}, Idempotency_Key="k1")

    assert response.status_code == 409
    assert "another body" in response.json()["detail"]
    assert Operation.objects.count() == 1


def test_two_clients_may_use_the_same_idempotency_key(alice: Caller, bob: Caller) -> None:
    alice.send("/operations", BODY, Idempotency_Key="k1")
    bob.send("/operations", BODY | {"priority": 6}, Idempotency_Key="k1")

    assert Operation.objects.count() == 2


def test_a_refused_request_does_not_use_up_its_idempotency_key(alice: Caller) -> None:
    alice.send("/operations", BODY | {"priority": 99}, Idempotency_Key="k1")

    assert not IdempotencyKey.objects.exists()
    assert alice.send("/operations", BODY, Idempotency_Key="k1").status_code == 202


def test_an_idempotency_key_has_a_longest_length(alice: Caller) -> None:
    response = alice.send("/operations", BODY, Idempotency_Key="k" * 201)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"
