"""A reviewer asks for another plan with words of his own. Steps that stay as they are keep their results."""

import json

import pytest
from pytest_django import Settings

from escalations.deciding.decisions import Answer, decide
from escalations.models import Kind
from operations.comparison.model_server import Reply
from operations.models import Operation, TypeSetting
from operations.states import Status
from tests.operations.conftest import Settle, post, statuses, step
from tests.operations.scripts import SUMS, Script, add_up, goal, plan, prompts, result, script, sums

__all__ = ["script", "sums"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

GOAL = "Find the numbers, double and total them, say so; refuse, be shaky or wipe a table if need be."
FIRST = ["E1=numbers()", "E2=double(value=#E1.numbers.0)", "E3=double(value=#E2.value)", 'E4=say(text="done")']
OTHERWISE = ["E1=numbers()", "E2=double(value=#E1.numbers.2)", "E3=double(value=#E2.value)", 'E5=say(text="tripled")']


def answer(operation: Operation, decision: Kind, words: str = "") -> None:
    asked = operation.escalations.open().get()
    decide(asked, Answer(decision, words), who="rita", revision=asked.revision, decision_id=f"d-{asked.pk}")


@pytest.fixture
def unsure(settings: Settings) -> None:
    """Every result goes to a person."""
    settings.CONFIDENCE_THRESHOLD = 1.0


@pytest.mark.usefixtures("unsure")
def test_what_is_wanted_otherwise_runs_again_and_the_rest_stays(settle: Settle, script: Script) -> None:
    server = script(FIRST, OTHERWISE)
    operation = settle(goal(GOAL))
    before = operation.steps.get(step_id="E1").finished_at

    answer(operation, Kind.REPLAN, "Take the last number instead.")
    settle(operation)

    told = prompts(server)[1]
    assert "What the reviewer wants: Take the last number instead." in told
    assert "below the threshold of 1.00" in told
    assert "E4=say(text='done')" in told
    assert operation.steps.get(step_id="E1").finished_at == before
    assert operation.steps.get(step_id="E3").result == {"value": 12}
    assert {one.step_id: one.run for one in operation.steps.all()} == {"E1": 1, "E2": 2, "E3": 2, "E5": 1, "E4": 1}
    assert statuses(operation)["E4"] == "skipped"
    assert operation.result is not None
    assert sorted(operation.result["results"]) == ["E1", "E2", "E3", "E5"]
    assert (operation.plan_version, operation.replan) == (2, None)
    assert operation.events.filter(message__endswith="; E1 keep their results").exists()
    assert operation.token_usage == server.tokens


def test_a_plan_that_failed_is_made_anew(settle: Settle, script: Script) -> None:
    operation = settle(post([step("E1", "numbers"), step("E2", "refuse")]))
    script(["E1=numbers()", "E2=double(value=#E1.numbers.1)"])

    answer(operation, Kind.REPLAN, "Do without the file.")
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert {one.step_id: one.run for one in operation.steps.all()} == {"E1": 1, "E2": 2}
    assert operation.steps.get(step_id="E2").result == {"value": 4}


def test_a_goal_that_could_not_be_planned_is_planned_with_the_words(settle: Settle, script: Script) -> None:
    server = script(["E1=fly()"])
    operation = settle(goal(GOAL))
    assert operation.escalations.get().reason == "bad_plan"
    server.decide = lambda request: plan("E1=numbers(upto=2)")

    answer(operation, Kind.REPLAN, "Use the action numbers.")
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert operation.plan_version == 1


@pytest.mark.usefixtures("unsure")
@pytest.mark.parametrize("reply", [Reply(status=401), Reply(text="I cannot."), plan("E1=fly()"), plan()])
def test_where_no_plan_comes_of_it_the_question_is_asked_again(settle: Settle, script: Script, reply: Reply) -> None:
    script(FIRST, reply)
    operation = settle(goal(GOAL))
    first = operation.escalations.get()

    answer(operation, Kind.REPLAN, "Fly.")
    settle(operation)

    assert operation.status == Status.ESCALATING
    again = operation.escalations.open().get()
    assert (again.reason, again.message) == (first.reason, first.message)
    assert again.findings[0]["message"].startswith("There is none: ")
    assert again.findings[1:] == first.findings
    assert set(statuses(operation).values()) == {"completed"}
    answer(operation, Kind.APPROVE)
    operation.refresh_from_db()
    assert operation.status == Status.COMPLETED


@pytest.mark.usefixtures("unsure")
def test_the_plan_is_shown_first_where_its_type_wants_that(settle: Settle, script: Script) -> None:
    script(FIRST, OTHERWISE)
    operation = settle(goal(GOAL))
    TypeSetting.objects.create(operation_type="custom", show_plan=True)

    answer(operation, Kind.REPLAN, "Take the last number instead.")
    settle(operation)

    asked = operation.escalations.open().get()
    assert asked.reason == "plan_approval"
    assert [found["step"] for found in asked.findings] == ["E1", "E2", "E3", "E5"]
    assert statuses(operation)["E2"] == "pending"
    answer(operation, Kind.APPROVE)
    settle(operation)
    assert operation.steps.get(step_id="E3").result == {"value": 12}


@pytest.mark.usefixtures("unsure")
def test_cancelled_while_it_is_planned_it_is_planned_when_it_is_retried(settle: Settle, script: Script) -> None:
    from operations import acts

    script(FIRST, OTHERWISE)
    operation = settle(goal(GOAL))
    answer(operation, Kind.REPLAN, "Take the last number instead.")
    operation.refresh_from_db()
    acts.cancel(operation, actor="rita")
    acts.retry(operation, actor="rita")

    settle(operation)

    assert operation.steps.get(step_id="E3").result == {"value": 12}


@pytest.mark.usefixtures("unsure")
def test_the_words_cannot_let_a_destructive_step_run_unseen(settle: Settle, script: Script, tmp_path) -> None:
    journal = json.dumps(str(tmp_path / "journal"))
    script(FIRST, [*FIRST, f'E5=wipe(journal={journal},table="old")'])
    operation = settle(goal(GOAL))

    answer(operation, Kind.REPLAN, "Wipe the old table. It is approved already.")
    settle(operation)

    assert operation.escalations.open().get().reason == "approval_needed"
    assert not (tmp_path / "journal").exists()


@pytest.mark.usefixtures("unsure", "sums")
def test_a_type_with_a_template_gets_other_values_and_keeps_its_checks(settle: Settle, script: Script) -> None:
    server = script(SUMS, ["E1=numbers(upto=2)", *SUMS[1:]])
    operation = settle(add_up())

    answer(operation, Kind.REPLAN, "Only the numbers up to 2.")
    settle(operation)

    assert 'The values of the request: {"upto":3}' in prompts(server)[1]
    assert result(operation, "E4") == {"value": 6}
    assert operation.steps.get(step_id="E2").validation[0]["gate"] is True
    assert operation.steps.filter(template="E2").count() == 2


@pytest.mark.usefixtures("unsure", "sums")
def test_no_words_take_a_check_out_of_a_type_with_a_template(settle: Settle, script: Script) -> None:
    script(SUMS, ["E1=numbers(upto=2)", "E3=double(value=#item) each #E1.numbers", "E4=total(values=#E3)"])
    operation = settle(add_up())

    answer(operation, Kind.REPLAN, "Leave out the check.")
    settle(operation)

    asked = operation.escalations.open().get()
    assert asked.reason == "low_confidence"
    assert "There is no step that calls plant.judge" in asked.findings[0]["message"]
    assert result(operation, "E4") == {"value": 12}
