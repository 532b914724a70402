"""The review queue over the API: looking, claiming, deciding; the first decision wins."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from escalations.deciding.decisions import Answer, decide
from escalations.deciding.undo import undo
from escalations.models import Decision, Escalation, Kind
from tests.api.conftest import Caller, caller
from tests.make import make_escalation, make_operation

pytestmark = pytest.mark.django_db


def decision(escalation: Escalation, **fields: Any) -> dict[str, Any]:
    return {"decision": "approve", "revision": escalation.revision, "decision_id": "d-1", **fields}


def test_the_queue_shows_open_ones_oldest_first(rita: Caller) -> None:
    new, old, decided = make_escalation(), make_escalation(), make_escalation()
    Escalation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))
    rita.send(f"/escalations/{decided.pk}/decide", decision(decided))

    listed = [row["escalation_id"] for row in rita.get("/escalations").json()["results"]]

    assert listed == [old.pk, new.pk]
    decided_ones = rita.get("/escalations?status=decided").json()["results"]
    assert [row["escalation_id"] for row in decided_ones] == [decided.pk]
    assert len(rita.get("/escalations?status=all").json()["results"]) == 3


@pytest.mark.parametrize("rows", [1, 20])
def test_the_queue_takes_four_queries_whatever_its_length(
    rita: Caller, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        make_escalation()
    rita.get("/escalations")

    with django_assert_num_queries(4):  # the key, the rows with their operations, the decisions
        assert len(rita.get("/escalations").json()["results"]) == rows


def test_a_client_sees_the_escalations_of_its_own_operations_but_may_not_decide(alice: Caller, bob: Caller) -> None:
    mine = make_escalation(make_operation(alice.row))
    theirs = make_escalation(make_operation(bob.row))

    assert alice.get(f"/escalations/{mine.pk}").status_code == 200
    assert alice.get(f"/escalations/{theirs.pk}").status_code == 404
    refused = alice.send(f"/escalations/{mine.pk}/decide", decision(mine))
    assert refused.status_code == 403
    assert "scope" in refused.json()["detail"]
    assert not Decision.objects.exists()


def test_approving_completes_the_operation_and_says_so(rita: Caller) -> None:
    escalation = make_escalation()

    response = rita.send(f"/escalations/{escalation.pk}/decide", decision(escalation, reason="Checked by hand"))

    assert response.status_code == 200
    shown = response.json()
    assert shown["operation_status"] == "completed"
    assert shown["decision"]["decided_by"] == "rita"
    assert shown["decision"]["reason"] == "Checked by hand"
    assert shown["escalation"]["status"] == "decided"
    assert shown["effect"] == {"runs_again": [], "skips": [], "keeps": []}


def test_a_decision_says_when_it_takes_effect_and_when_it_did(rita: Caller) -> None:
    escalation = make_escalation()
    answer = Answer(Kind.APPROVE)
    decide(
        escalation, answer, who="rita", revision=escalation.revision, decision_id="d-1", window=timedelta(seconds=60)
    )

    def told() -> tuple[bool, bool, bool]:
        [shown] = rita.get(f"/escalations/{escalation.pk}").json()["decisions"]
        effective, applied, undone = shown["effective_at"], shown["applied_at"], shown["undone_at"]
        return effective > shown["created_at"], bool(applied), bool(undone)

    assert told() == (True, False, False)
    undo(escalation.decisions.get(), who="rita")
    assert told() == (True, False, True)


def test_the_second_decision_is_told_who_was_quicker(rita: Caller) -> None:
    escalation = make_escalation()
    rita.send(f"/escalations/{escalation.pk}/decide", decision(escalation))

    late = caller("decide", name="late").send(
        f"/escalations/{escalation.pk}/decide", decision(escalation, decision="reject", decision_id="d-2")
    )

    assert late.status_code == 409
    assert "rita was quicker" in late.json()["detail"]
    assert late.json()["escalation"]["decisions"][0]["decided_by"] == "rita"
    escalation.operation.refresh_from_db()
    assert escalation.operation.status == "completed"


def test_a_repeated_decision_gets_its_first_answer(rita: Caller) -> None:
    escalation = make_escalation()
    first = rita.send(f"/escalations/{escalation.pk}/decide", decision(escalation))
    second = rita.send(f"/escalations/{escalation.pk}/decide", decision(escalation))

    assert second.status_code == 200
    assert second.json()["decision"] == first.json()["decision"]
    assert Decision.objects.count() == 1


def test_a_decision_on_an_old_revision_is_a_conflict(rita: Caller) -> None:
    escalation = make_escalation()
    Escalation.objects.update(revision=2)

    response = rita.send(f"/escalations/{escalation.pk}/decide", decision(escalation))

    assert response.status_code == 409
    assert response.json()["escalation"]["revision"] == 2
    assert not Decision.objects.exists()


def test_anothers_claim_holds_unless_it_is_taken_over(rita: Caller) -> None:
    sam = caller("decide", name="sam")
    escalation = make_escalation()
    claimed = rita.send(f"/escalations/{escalation.pk}/claim").json()
    assert (claimed["claimed_by"], claimed["revision"]) == ("rita", escalation.revision)
    answer = decision(escalation)

    assert sam.send(f"/escalations/{escalation.pk}/claim").status_code == 409
    assert "rita" in sam.send(f"/escalations/{escalation.pk}/decide", answer).json()["detail"]
    taken = sam.send(f"/escalations/{escalation.pk}/decide", answer | {"take_over": True})
    assert taken.status_code == 200


def test_a_released_claim_is_free(rita: Caller) -> None:
    escalation = make_escalation()
    rita.send(f"/escalations/{escalation.pk}/claim")

    released = rita.send(f"/escalations/{escalation.pk}/release")

    assert released.json()["claimed_by"] is None
    assert caller("decide", name="sam").send(f"/escalations/{escalation.pk}/claim").status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"decision": "aprove"}, 400, "decision"),
        ({"revision": None}, 400, "revision"),
        ({"revision": "1"}, 400, "revision"),
        ({"edits": {"E1": 3}}, 400, "edits.E1"),
        ({"reasons": "x"}, 400, "reasons"),
        ({"decision": "retry", "steps": ["E9"]}, 422, "steps"),
        ({"decision": "edit"}, 422, "edits"),
    ],
)
def test_a_bad_decision_names_the_field(rita: Caller, change: Any, status: int, field: str) -> None:
    escalation = make_escalation()

    response = rita.send(f"/escalations/{escalation.pk}/decide", decision(escalation) | change)

    assert response.status_code == status
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Decision.objects.exists()
