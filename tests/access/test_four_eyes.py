"""Nobody lets his own operation go on: not with a key, not as a person, and not among many others."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from escalations.models import Decision, Escalation
from operations.models import ApiKey, Operation
from operations.roles import OPERATOR, REVIEWER
from operations.states import Reason, Status
from tests.access.conftest import Browser
from tests.api.conftest import Caller
from tests.make import make_escalation, make_operation, make_person
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db

OWN = "You submitted this operation"


def by_api(client: Any, escalation: Escalation, decision: str, **more: Any) -> Any:
    body = {"decision": decision, "reason": "so", "revision": escalation.revision, **more}
    return client.post(f"/escalations/{escalation.pk}/decide", body, content_type="application/json")


def by_page(client: Any, escalation: Escalation, decision: str) -> Any:
    form = {"decision": decision, "reason": "so", "revision": escalation.revision, "decision_id": uuid.uuid4().hex}
    return client.post(f"/console/escalations/{escalation.pk}/decide", form)


@pytest.mark.parametrize("decision", ["approve", "retry", "edit"])
def test_a_key_does_not_let_its_own_operation_go_on(decision: str) -> None:
    row, key = ApiKey.objects.issue("etl", ["start", "decide"])
    escalation = make_escalation(make_operation(row))

    refused = by_api(Caller(key), escalation, decision, edits={"E1": {}} if decision == "edit" else {})

    assert (refused.status_code, OWN in refused.json()["detail"]) == (403, True)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("decide", [by_api, by_page])
def test_a_reviewer_does_not_approve_what_he_submitted_but_another_does(browser: Browser, decide: Any) -> None:
    rita = make_person("rita", REVIEWER)
    escalation = make_escalation(make_operation(person=rita))

    refused = decide(browser(person=rita), escalation, "approve")
    assert (refused.status_code, OWN in refused.content.decode()) == (403, True)

    assert decide(browser(REVIEWER), escalation, "approve").status_code in (200, 302)
    assert Operation.objects.get().status == Status.COMPLETED


def test_one_may_reject_ones_own(browser: Browser) -> None:
    rita = make_person("rita", REVIEWER)
    escalation = make_escalation(make_operation(person=rita))

    assert by_page(browser(person=rita), escalation, "reject").status_code == 302
    assert Operation.objects.get().status == Status.REJECTED


def test_a_superuser_is_no_exception(browser: Browser) -> None:
    root = make_person("root", is_superuser=True)
    assert by_page(browser(person=root), make_escalation(make_operation(person=root)), "approve").status_code == 403


def test_it_can_be_switched_off(browser: Browser, settings: Any) -> None:
    settings.FOUR_EYES = False
    rita = make_person("rita", REVIEWER)
    assert by_page(browser(person=rita), make_escalation(make_operation(person=rita)), "approve").status_code == 302


def test_among_many_ones_own_is_left(browser: Browser) -> None:
    rita = make_person("rita", REVIEWER)
    own, other = make_escalation(make_operation(person=rita)), make_escalation()
    chosen = [f"{one.pk}:{one.revision}" for one in (own, other)]

    page = browser(person=rita).post(
        "/console/escalations/decide", {"decision": "approve", "chosen": chosen, "batch": uuid.uuid4().hex}
    )

    assert OWN in page.content.decode()
    assert [decision.escalation for decision in Decision.objects.all()] == [other]


def test_the_page_says_so_beside_buttons_that_cannot_be_pressed(browser: Browser) -> None:
    rita = make_person("rita", REVIEWER)
    escalation = make_escalation(make_operation(person=rita))

    page = " ".join(browser(person=rita).get(f"/console/escalations/{escalation.pk}").content.decode().split())

    for kind, disabled in (("approve", True), ("retry", True), ("reject", False)):
        button = page.partition(f'id="choose-{kind}"')[2].partition(">")[0]
        assert ("disabled" in button) == disabled
    assert OWN in page
    assert browser(person=rita).get(f"/console/escalations/{escalation.pk}/edit").status_code == 302


def test_an_operator_reads_the_question_about_his_own_and_decides_nothing(browser: Browser) -> None:
    olga = make_person("olga", OPERATOR)
    escalation, other = make_escalation(make_operation(person=olga)), make_escalation()
    client = browser(person=olga)

    assert client.get(f"/console/escalations/{escalation.pk}").status_code == 200
    assert client.get(f"/console/escalations/{other.pk}").status_code == 404
    assert by_page(client, escalation, "reject").status_code == 403
    assert by_api(client, escalation, "reject").status_code == 403


@pytest.mark.parametrize(("read_only", "status"), [(True, 200), (False, 403)])
def test_deciding_about_what_writes_takes_a_permission_of_its_own(
    browser: Browser, read_only: bool, status: int
) -> None:
    action = {"name": "load", "read_only": read_only, "destructive": False}
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9", manifest={"actions": [action]})
    operation = make_operation()
    operation.steps.create(step_id="E1", position=1, worker="plant", action="load")
    escalation = make_escalation(operation, reason=Reason.STEP_FAILED, steps=["E1"])
    dora = make_person("dora")
    dora.user_permissions.add(Permission.objects.get(codename="decide_escalation"))

    answer = by_api(browser(person=dora), escalation, "retry")

    assert answer.status_code == status
    if status == 403:
        assert "escalations.approve_writing" in answer.json()["detail"]
        assert by_api(browser(person=dora), escalation, "reject").status_code == 200
