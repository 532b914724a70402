"""A retry of chosen steps: the ticks, what they would do, and what runs again."""

import re
from typing import Any

from django.test import Client

from escalations.models import Escalation
from operations.states import Reason, Status, StepStatus
from tests.console.test_decide import decide, hidden, make_failed, make_step, read
from tests.make import make_escalation, make_operation


def ticks(page: str) -> dict[str, bool]:
    """Which steps can be ticked, and whether they are."""
    boxes = re.findall(r'<input\s+type="checkbox"\s+name="steps"\s+value="([^"]+)"\s*(checked)?', page)
    return {step: bool(checked) for step, checked in boxes}


def words(page: str, kind: str = "retry") -> str:
    part = page[page.index(f'id="does-{kind}"') :].split("</div>\n    </div>")[0].split("</dl>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def retry(browser: Client, escalation: Escalation, *steps: str, **fields: Any) -> Any:
    _, form = read(browser, escalation)
    return decide(browser, escalation, "retry", {**form, "ticks": "on", "steps": list(steps)} | fields)


def states(escalation: Escalation) -> dict[str, str]:
    return dict(escalation.operation.steps.values_list("step_id", "status"))


def test_what_is_in_question_is_ticked_and_what_was_done_can_be(rita):
    page, _ = read(rita, make_failed())

    assert ticks(page) == {"E2": True, "E1": False}


def test_only_what_is_ticked_and_what_needs_it_runs_again(rita):
    escalation = make_failed(steps=["E2", "E4"])
    make_step(escalation.operation, "E4", status=StepStatus.FAILED, error="no room")

    retry(rita, escalation, "E4")

    assert states(escalation) == {"E1": "completed", "E2": "failed", "E3": "pending", "E4": "pending"}
    assert escalation.decisions.get().steps == ["E4"]


def test_a_finished_step_can_run_again_too(rita):
    escalation = make_failed()

    retry(rita, escalation, "E1", "E2")

    assert states(escalation) == {"E1": "pending", "E2": "pending", "E3": "pending"}


def test_nothing_ticked_is_said_and_nothing_runs(rita):
    escalation = make_failed()

    response = retry(rita, escalation, reason="my words")

    page = response.content.decode()
    assert response.status_code == 422
    assert "Tick at least one step to run again." in page
    assert "my words</textarea>" in page
    assert ticks(page) == {"E2": False, "E1": False}


def test_ticks_change_no_other_decision(rita):
    escalation = make_failed()
    _, form = read(rita, escalation)

    decide(rita, escalation, "approve", {**form, "ticks": "on", "steps": ["E1"]})

    assert states(escalation) == {"E1": "completed", "E2": "skipped", "E3": "skipped"}


def test_a_step_that_is_none_is_refused(rita):
    escalation = make_failed()

    response = retry(rita, escalation, "E9")

    assert response.status_code == 422
    assert "There is no step &#x27;E9&#x27;." in response.content.decode()


def test_the_effect_follows_the_ticks_without_scripts(rita):
    escalation = make_failed()
    page, form = read(rita, escalation)
    assert "Runs again E2, E3 Keeps E1" in words(page)

    response = rita.post(
        f"/console/escalations/{escalation.pk}/preview", form | {"ticks": "on", "steps": ["E1"], "reason": "half a"}
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert words(page).endswith("Runs again E1")
    assert ticks(page) == {"E2": False, "E1": True}
    assert "half a</textarea>" in page
    assert not escalation.decisions.exists()
    assert decide(rita, escalation, "retry", {**hidden(page), "ticks": "on", "steps": ["E1"]}).status_code == 302


def test_the_effect_follows_the_ticks_in_the_open_page(rita):
    escalation = make_failed()

    response = rita.get(
        f"/console/escalations/{escalation.pk}", {"ticks": "on", "steps": ["E1", "E2"]}, headers={"hx-request": "true"}
    )

    assert words(response.content.decode()).endswith("Runs again E1, E2, E3")


def test_a_spent_budget_leaves_nothing_to_tick(rita):
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    make_step(operation, "E1", status=StepStatus.COMPLETED)
    make_step(operation, "E2", status=StepStatus.FAILED)

    page, _ = read(rita, make_escalation(operation, reason=Reason.BUDGET_SPENT))

    assert ticks(page) == {}


def test_of_thousands_of_steps_some_can_be_ticked(rita):
    escalation = make_failed()
    for number in range(10, 100):
        make_step(escalation.operation, f"E{number}", status=StepStatus.COMPLETED)

    page, _ = read(rita, escalation)

    assert len(ticks(page)) == 60
    assert next(iter(ticks(page))) == "E2"
    assert "32 more steps can be named through the API." in page
