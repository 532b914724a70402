"""A destructive action of a type that asks for two people: the first approval is kept, the second lets it run."""

import uuid
from typing import Any

import pytest

from escalations.models import Approval, Decision, Escalation
from operations.models import Operation, TypeSetting
from operations.roles import OPERATOR, REVIEWER
from operations.states import Reason, Status, StepStatus
from tests.access.conftest import Browser
from tests.make import make_escalation, make_operation, make_person

pytestmark = pytest.mark.django_db

DIGEST = "d" * 64


@pytest.fixture
def asked() -> Escalation:
    TypeSetting(operation_type="data_pipeline", two_approvals=True).save()
    operation = make_operation()
    operation.steps.create(step_id="E1", position=1, worker="plant", action="wipe", status=StepStatus.AWAITING_APPROVAL)
    finding = {"step": "E1", "digest": "e" * 64, "message": "It destroys."}
    return make_escalation(operation, reason=Reason.APPROVAL_NEEDED, steps=["E1"], findings=[finding], digest=DIGEST)


def by_api(client: Any, escalation: Escalation, decision: str = "approve", **more: Any) -> Any:
    escalation.refresh_from_db()
    body = {"decision": decision, "reason": "so", "revision": escalation.revision, **more}
    return client.post(f"/escalations/{escalation.pk}/decide", body, content_type="application/json")


def by_page(client: Any, escalation: Escalation) -> Any:
    escalation.refresh_from_db()
    form = {"decision": "approve", "revision": escalation.revision, "decision_id": uuid.uuid4().hex}
    return client.post(f"/console/escalations/{escalation.pk}/decide", form)


def state() -> tuple[str, str]:
    return Operation.objects.get().status, Escalation.objects.get().status


@pytest.mark.parametrize("approve", [by_api, by_page])
def test_the_first_approval_moves_nothing_and_the_second_lets_it_run(
    browser: Browser, asked: Escalation, approve: Any
) -> None:
    rita, bob = make_person("rita", REVIEWER), make_person("bob", REVIEWER)

    assert approve(browser(person=rita), asked).status_code in (200, 302)
    assert state() == (Status.ESCALATING, "open")
    assert asked.operation.events.filter(kind="approved", message__startswith="rita approved E1, 1 of 2").exists()

    assert approve(browser(person=bob), asked).status_code in (200, 302)
    assert state() == (Status.EXECUTING, "decided")
    assert asked.operation.steps.get().approved_digest == "e" * 64
    assert Decision.objects.get().decided_by == "bob"


def test_nobody_gives_both(browser: Browser, asked: Escalation) -> None:
    rita = browser(person=make_person("rita", REVIEWER))
    by_api(rita, asked)

    again = by_api(rita, asked)

    assert again.status_code == 422
    assert "another person has to approve it too" in again.json()["detail"]
    page = rita.get(f"/console/escalations/{asked.pk}").content.decode()
    assert "disabled" in page.partition('id="choose-approve"')[2].partition(">")[0]
    assert Approval.objects.count() == 1


def test_the_same_decision_twice_is_one_approval(browser: Browser, asked: Escalation) -> None:
    rita = browser(person=make_person("rita", REVIEWER))

    first, second = (by_api(rita, asked, decision_id="mine").json() for _ in range(2))

    assert first["decision"] == second["decision"]
    assert first["decision"]["applied_at"] is None
    assert by_api(rita, asked, "reject", decision_id="mine").status_code == 422
    assert Approval.objects.count() == 1


def test_who_approves_on_old_news_reads_first_that_another_did(browser: Browser, asked: Escalation) -> None:
    seen = asked.revision
    by_api(browser(person=make_person("rita", REVIEWER)), asked)

    late = by_api(browser(REVIEWER), asked, revision=seen)

    assert late.status_code == 409
    assert [given["by"] for given in late.json()["escalation"]["approvals"]["given"]] == ["rita"]
    assert state() == (Status.ESCALATING, "open")


def test_it_shows_at_all_doors(browser: Browser, asked: Escalation) -> None:
    rita, bob = make_person("rita", REVIEWER), browser(REVIEWER)
    before = bob.get(f"/escalations/{asked.pk}").json()["approvals"]
    by_api(browser(person=rita), asked)

    assert before == {"needed": 2, "given": []}
    [listed] = bob.get("/escalations").json()["results"]
    assert listed["approvals"]["given"][0]["by"] == "rita"
    for path in ("/console/escalations", f"/console/escalations/{asked.pk}"):
        assert "1 of 2 approved by rita" in bob.get(path).content.decode()


def test_an_approval_of_something_else_does_not_count(browser: Browser, asked: Escalation) -> None:
    by_api(browser(REVIEWER), asked)
    Escalation.objects.update(digest="f" * 64)  # another step has joined it, say

    by_api(browser(REVIEWER), asked)

    assert state() == (Status.ESCALATING, "open")


def test_the_first_who_approves_may_still_reject(browser: Browser, asked: Escalation) -> None:
    rita = browser(person=make_person("rita", REVIEWER))
    by_api(rita, asked)

    assert by_api(rita, asked, "reject").status_code == 200
    assert state() == (Status.REJECTED, "decided")


def test_who_submitted_it_gives_neither(browser: Browser, asked: Escalation) -> None:
    olga = make_person("olga", OPERATOR, REVIEWER)
    Operation.objects.update(submitted_by=olga)

    assert by_api(browser(person=olga), asked).status_code == 403
    assert not Approval.objects.exists()


def test_where_the_type_asks_for_one_one_will_do(browser: Browser, asked: Escalation) -> None:
    TypeSetting(operation_type="data_pipeline").save()

    by_api(browser(REVIEWER), asked)

    assert state() == (Status.EXECUTING, "decided")


def test_among_many_the_first_approval_is_kept_and_said_so(browser: Browser, asked: Escalation) -> None:
    form = {"decision": "approve", "chosen": [f"{asked.pk}:{asked.revision}"], "batch": uuid.uuid4().hex}

    page = browser(REVIEWER).post("/console/escalations/decide", form)

    assert "Your approval is kept, 1 of 2" in page.content.decode()
    assert state() == (Status.ESCALATING, "open")


def test_the_claim_of_the_first_does_not_hold_up_the_second(browser: Browser, asked: Escalation) -> None:
    rita = browser(person=make_person("rita", REVIEWER))
    rita.post(f"/escalations/{asked.pk}/claim")
    by_api(rita, asked)

    assert by_api(browser(REVIEWER), asked).status_code == 200
    assert state() == (Status.EXECUTING, "decided")
