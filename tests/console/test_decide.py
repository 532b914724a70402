"""Deciding in the console: the page before, the act, and who was quicker."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from escalations.models import Decision, Escalation, Notice
from operations.models import Operation, Step
from operations.states import Reason, Status, StepStatus
from tests.make import make_escalation, make_operation


def make_step(operation: Operation, step_id: str, **fields: Any) -> Step:
    fields = {"worker": "florida_data", "action": "load", "position": int(step_id[1:])} | fields
    return operation.steps.create(step_id=step_id, **fields)


def make_failed(**fields: Any) -> Escalation:
    """An operation of which E1 is done, E2 failed and E3 needs E2."""
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    make_step(operation, "E1", status=StepStatus.COMPLETED, result={"rows": 3})
    make_step(operation, "E2", status=StepStatus.FAILED, error="the portal answered 503", attempts=4)
    make_step(operation, "E3", arguments={"rows": "#E2.rows"}, depends_on=["E2"])
    return make_escalation(
        operation, **{"reason": Reason.STEP_FAILED, "message": "E2 failed", "steps": ["E2"]} | fields
    )


def read(browser: Client, escalation: Escalation) -> tuple[str, dict[str, str]]:
    """The page's text, and what its form would send beside the decision."""
    page = browser.get(f"/console/escalations/{escalation.pk}").content.decode()
    return page, hidden(page)


def hidden(page: str) -> dict[str, str]:
    form = page[page.index('id="decide"') :]
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("revision", "decision_id")}


def offered(page: str) -> list[str]:
    return re.findall(r'name="decision"\s+value="(\w+)"', page)


def decide(browser: Client, escalation: Escalation, decision: str, form: dict[str, Any], **fields: str) -> Any:
    return browser.post(f"/console/escalations/{escalation.pk}/decide", form | {"decision": decision} | fields)


def test_the_page_says_what_each_decision_would_do(rita):
    page, _ = read(rita, make_failed())

    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "E2 failed" in words
    assert "Runs again E2, E3 Keeps E1" in words  # retry
    assert "Skips E2, E3 Keeps E1" in words  # approve
    assert offered(page) == ["retry", "approve", "reject"]


def test_a_retry_runs_the_failed_step_and_what_needs_it_again(rita):
    escalation = make_failed()
    _, form = read(rita, escalation)

    response = decide(rita, escalation, "retry", form)

    assert response.status_code == 302
    assert response["Location"] == "/console/escalations"
    states = dict(escalation.operation.steps.values_list("step_id", "status"))
    assert states == {"E1": "completed", "E2": "pending", "E3": "pending"}
    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.EXECUTING


def test_low_confidence_can_be_approved(rita):
    escalation = make_escalation(make_operation(status=Status.ESCALATING), reason=Reason.LOW_CONFIDENCE)
    _, form = read(rita, escalation)

    decide(rita, escalation, "approve", form, reason="looked at the rows")

    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.COMPLETED
    decision = escalation.decisions.get()
    assert (decision.decided_by, decision.reason) == ("rita", "looked at the rows")


def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(rita):
    escalation = make_failed()
    _, form = read(rita, escalation)

    response = decide(rita, escalation, "reject", form, reason="  ")
    assert response.status_code == 422
    assert "Say why it is rejected" in response.content.decode()
    assert not escalation.decisions.exists()

    decide(rita, escalation, "reject", hidden(response.content.decode()), reason="wrong county")
    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.REJECTED


def test_of_two_reviewers_the_first_wins_and_the_second_sees_who_it_was(rita, bob):
    escalation = make_failed()
    _, rita_form = read(rita, escalation)
    _, bob_form = read(bob, escalation)

    assert decide(rita, escalation, "retry", rita_form).status_code == 302
    late = decide(bob, escalation, "reject", bob_form, reason="too late")

    assert late.status_code == 409
    assert "rita was quicker: retry." in late.content.decode()
    assert 'name="decision"' not in late.content.decode()
    assert [str(decision) for decision in escalation.decisions.all()] == ["retry by rita"]


def test_a_double_click_is_one_decision(rita):
    escalation = make_failed()
    _, form = read(rita, escalation)

    answers = [decide(rita, escalation, "retry", form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Decision.objects.count() == 1


def test_a_decision_on_old_news_is_refused_and_the_words_are_kept(rita):
    escalation = make_failed()
    _, form = read(rita, escalation)
    Escalation.objects.filter(pk=escalation.pk).update(revision=2)

    response = decide(rita, escalation, "reject", form, reason="my careful words")

    page = response.content.decode()
    assert response.status_code == 409
    assert "changed since you read it" in page
    assert ">my careful words</textarea>" in page
    assert hidden(page)["revision"] == "2"


def test_what_is_not_offered_cannot_be_sent(rita):
    escalation = make_escalation(make_operation(status=Status.ESCALATING), reason=Reason.BAD_PLAN)
    page, form = read(rita, escalation)

    assert offered(page) == ["reject"]
    assert decide(rita, escalation, "approve", form).status_code == 422
    assert not escalation.decisions.exists()


def test_anothers_claim_is_respected_unless_taken_over(rita, bob):
    escalation = make_failed()
    rita.post(f"/console/escalations/{escalation.pk}/claim")

    page, form = read(bob, escalation)
    assert re.search(r"<bdi>rita</bdi>\s+is at it", page)
    refused = decide(bob, escalation, "retry", form)
    assert refused.status_code == 409
    assert "rita is at it until" in refused.content.decode()

    silent = decide(bob, escalation, "retry", hidden(refused.content.decode()), take_over="on")
    assert silent.status_code == 422
    assert "Say why you take it over" in silent.content.decode()

    form = hidden(silent.content.decode())
    assert decide(bob, escalation, "retry", form, take_over="on", reason="she is at lunch").status_code == 302
    notice = Notice.objects.get(person="rita")
    assert (notice.kind, notice.actor, notice.text) == ("take_over", "bob", "she is at lunch")


def test_a_claim_can_be_given_back_or_taken_over(rita, bob):
    escalation = make_failed()
    address = f"/console/escalations/{escalation.pk}"

    rita.post(f"{address}/claim")
    assert bob.post(f"{address}/claim").status_code == 409
    assert bob.post(f"{address}/claim", {"take_over": "on", "reason": "she is ill"}).status_code == 302
    escalation.refresh_from_db()
    assert escalation.holder() == "bob"

    bob.post(f"{address}/release")
    escalation.refresh_from_db()
    assert escalation.holder() == ""


@pytest.mark.parametrize("verb", ["decide", "preview", "undo", "claim", "hold", "release"])
def test_reading_never_acts(rita, verb):
    escalation = make_failed()

    assert rita.get(f"/console/escalations/{escalation.pk}/{verb}").status_code == 405


def test_who_comes_second_keeps_the_words_that_he_typed(rita, bob):
    escalation = make_failed()
    _, rita_form = read(rita, escalation)
    _, bob_form = read(bob, escalation)

    decide(rita, escalation, "retry", rita_form)
    late = decide(bob, escalation, "reject", bob_form, reason="my careful words")

    assert "my careful words</textarea>" in late.content.decode()


def test_a_ready_made_reason_does_where_nothing_is_typed(rita):
    chosen, typed = make_failed(), make_failed()

    decide(rita, chosen, "reject", read(rita, chosen)[1], preset="Done already.")
    decide(rita, typed, "reject", read(rita, typed)[1], preset="Done already.", reason="not ours")

    assert [chosen.decisions.get().reason, typed.decisions.get().reason] == ["Done already.", "not ours"]


def test_each_decision_has_a_key_of_its_own_on_the_page(rita):
    page, _ = read(rita, make_failed())

    assert dict(re.findall(r'id="choose-(\w+)".*?data-key="(\w)"', page, re.S)) == {
        "retry": "r",
        "approve": "a",
        "reject": "x",
    }
    assert re.search(r'id="claim"[^>]*data-key="c"', page)


def test_who_is_signed_out_comes_back_to_the_page_and_not_to_the_act(db):
    escalation = make_failed()

    response = Client().post(f"/console/escalations/{escalation.pk}/decide", {"decision": "retry"})

    assert response["Location"] == f"/console/login?next=/console/escalations/{escalation.pk}"


def test_forged_requests_are_refused(rita):
    escalation = make_failed()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = rita.cookies

    assert strict.post(f"/console/escalations/{escalation.pk}/claim").status_code == 403


def test_hostile_content_is_shown_harmlessly(rita):
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202egnirts'
    escalation = make_failed(
        message=hostile,
        findings=[{"step": hostile, "rule": hostile, "message": hostile}, "not even an object", None],
    )
    operation = escalation.operation
    operation.steps.update(label=hostile, error=hostile, arguments={hostile: [hostile]}, result={"x": hostile})
    operation.record("note", hostile)
    Operation.objects.filter(pk=operation.pk).update(
        parameters={hostile: hostile}, error=hostile, confidence=[{"name": hostile, "words": hostile, "value": "?"}]
    )

    for address in (
        f"/console/escalations/{escalation.pk}",
        f"/console/operations/{operation.pk}",
        f"/console/operations/{operation.pk}/steps/E2",
        "/console/escalations",
        "/console/operations",
    ):
        page = rita.get(address).content.decode()
        assert "<img" not in page.replace('<img src="/static/concord.svg"', "")
        assert "<script>" not in page
        assert "\u202e" not in page
        assert html.escape(hostile)[:30] in page, f"{address} does not show it at all"


def test_a_huge_value_is_cut_and_says_by_how_much(rita):
    escalation = make_failed()
    escalation.operation.steps.filter(step_id="E1").update(result={"rows": "x" * 1_000_000})

    response = rita.get(f"/console/escalations/{escalation.pk}")

    assert len(response.content) < 60_000
    assert "more characters)" in response.content.decode()


def test_of_thousands_of_steps_the_telling_ones_are_shown(rita, django_assert_max_num_queries):
    escalation = make_failed()
    operation = escalation.operation
    Step.objects.bulk_create(
        Step(operation=operation, step_id=f"E{n}", position=n, worker="w", action="a", status=StepStatus.COMPLETED)
        for n in range(10, 3010)
    )

    with django_assert_max_num_queries(40):
        response = rita.get(f"/console/escalations/{escalation.pk}")

    page = response.content.decode()
    assert "the portal answered 503" in page
    assert re.search(r"2,883\s+more", page)
    assert len(response.content) < 400_000


def test_an_operation_can_be_cancelled_and_tried_again(rita):
    escalation = make_failed()
    operation = escalation.operation
    address = f"/console/operations/{operation.pk}"

    assert rita.post(f"{address}/cancel").status_code == 302
    operation.refresh_from_db()
    escalation.refresh_from_db()
    assert (operation.status, escalation.status) == ("cancelled", "withdrawn")

    again = rita.post(f"{address}/cancel")
    assert again.status_code == 409
    assert "cancelled" in again.content.decode()

    assert rita.post(f"{address}/retry").status_code == 302
    operation.refresh_from_db()
    assert operation.status == Status.EXECUTING
