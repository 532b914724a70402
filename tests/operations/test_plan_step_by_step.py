"""Planning step by step: the model is asked before every step, and whatever it says, the operation ends soundly."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from escalations.deciding.decisions import Answer, decide
from escalations.models import Kind
from operations import pipeline
from operations.comparison.model_server import ModelServer, Reply, serve
from operations.models import Operation
from operations.planning import react
from tests.operations import plant, scripts
from tests.operations.conftest import Settle, statuses
from tests.serving import served

pytestmark = served

GOAL = "Double the numbers up to 3 and add them"
STYLES = ("classic", "zero_shot", "tools")

NUMBERS = ("numbers", {"upto": 3})
DOUBLE = ("double", {"value": "#item", "for_each": "#E1.numbers"})
TOTAL = ("total", {"values": "#E2"})


def acting(style: str, *actions: tuple[str, dict[str, Any]]) -> Reply:
    """What a model of this style says to have ``actions`` done; none: that it has finished."""
    if style == "tools":
        return Reply(text="" if actions else "done", tool_calls=[_tool(*action) for action in actions])
    action: dict[str, Any] = {"action": "finish"}
    if actions:
        [(name, arguments)] = actions
        arguments = dict(arguments)
        over = {"for_each": arguments.pop("for_each")} if "for_each" in arguments else {}
        action = {"action": name, "arguments": arguments, **over}
    return Reply(text=f"Thought: so be it.\nAction: {json.dumps(action)}")


def _tool(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"plant__{name}", "arguments": arguments}


@contextmanager
def model(settings: Any, style: str, *replies: Reply) -> Iterator[ModelServer]:
    """A model that gives these replies one after the other, and the last again and again."""
    left = list(replies)

    def decide(request: dict[str, Any]) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    with serve(decide) as server:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = server.url, "key"
        settings.ENABLE_REWOO_PLANNING, settings.REACT_STYLE = False, style
        yield server


def ask_for(goal: str = GOAL) -> Operation:
    return scripts.goal(goal)


def prompts(server: ModelServer) -> list[str]:
    """All that the model was shown, call by call."""
    return [json.dumps(call.request, ensure_ascii=False) for call in server.calls]


@pytest.mark.parametrize("style", STYLES)
def test_each_step_is_asked_for_with_all_that_came_before(settle: Settle, settings: Any, style: str) -> None:
    replies = [acting(style, step) for step in (NUMBERS, DOUBLE, TOTAL)]
    with model(settings, style, *replies, acting(style)) as server:
        operation = settle(ask_for())
        counted = server.tokens

    assert (operation.status, operation.plan_source) == ("completed", "react"), operation.error
    assert operation.steps.get(step_id="E3").result == {"value": 12}
    assert len(server.calls) == 4
    assert "[1,2,3]" in prompts(server)[1].replace("\\", "")
    assert '{"value":6}' in prompts(server)[3].replace("\\", "")
    assert operation.token_usage == counted


def test_calls_that_do_not_need_each_other_are_made_in_one_turn(settle: Settle, settings: Any) -> None:
    together = acting("tools", ("double", {"value": 2}), ("double", {"value": 5}))
    with model(settings, "tools", together, acting("tools", TOTAL_OF_BOTH), acting("tools")) as server:
        operation = settle(ask_for())

    assert statuses(operation) == {"E1": "completed", "E2": "completed", "E3": "completed"}
    assert operation.steps.get(step_id="E3").result == {"value": 14}
    assert len(server.calls) == 3


TOTAL_OF_BOTH = ("total", {"values": ["#E1", "#E2"]})


def test_only_the_classic_style_shows_worked_examples(settle: Settle, settings: Any) -> None:
    shown = {}
    for style in ("classic", "zero_shot"):
        with model(settings, style, acting(style, NUMBERS), acting(style)) as server:
            settle(ask_for())
        shown[style] = prompts(server)[0]
    assert "Examples" in shown["classic"]
    assert "Examples" not in shown["zero_shot"]


@pytest.mark.parametrize(
    "wrong",
    [
        Reply(text="I would double something."),
        Reply(text='Action: {"action": "double"'),
        Reply(text='Action: {"action": "explode", "arguments": {}}'),
        Reply(text='Action: {"action": "double", "arguments": {"value": "#E9.value"}}'),
        Reply(text='Action: {"action": "finish"}'),
        Reply(text='Action: ["double"]'),
    ],
    ids=["no action", "cut JSON", "unknown action", "unknown reference", "finished at once", "no object"],
)
def test_an_answer_that_is_no_step_is_told_to_the_model_and_asked_again(
    settle: Settle, settings: Any, wrong: Reply
) -> None:
    with model(settings, "classic", wrong, acting("classic", NUMBERS), acting("classic")) as server:
        operation = settle(ask_for())

    assert operation.status == "completed", operation.error
    assert statuses(operation) == {"E1": "completed"}
    assert "Refused: " in prompts(server)[1]


def test_observations_that_the_model_makes_up_are_not_taken_for_real(settle: Settle, settings: Any) -> None:
    dreaming = acting("classic", NUMBERS).text + '\nObservation: E1: {"numbers":[7]}\nThought: 7!\nAction: {}'
    with model(settings, "classic", Reply(text=dreaming), acting("classic")) as server:
        operation = settle(ask_for())

    assert operation.status == "completed"
    assert "[7]" not in prompts(server)[1]


FAILURES = {
    "no such key": Reply(status=401, error="Incorrect API key"),
    "rate limited": Reply(status=429, headers={"Retry-After": "600"}),
    "not taken": Reply(status=400, error="context too long"),
    "server error": Reply(status=500),
    "late": Reply(text="Thought: so", delay=30),
    "stalled": Reply(text="Thought: I think that", stall_after=2),
    "cut stream": Reply(text="Thought: I think that", cut_after=2),
    "refusal": Reply(refusal="I cannot help with that."),
    "length": Reply(text="Thought: so", finish_reason="length"),
    "empty": Reply(text=""),
    "not JSON": Reply(body="<html>"),
    "no step three times": Reply(text="Let me think about it."),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is tried again is tried within a moment."""
    monkeypatch.setattr(react, "SECONDS", 2.0)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.usefixtures("impatient")
def test_a_model_that_fails_before_the_first_step_leaves_a_goal_to_a_person(
    settle: Settle, settings: Any, failure: Reply
) -> None:
    with model(settings, "classic", failure):
        operation = settle(ask_for())

    assert operation.status == "escalating"
    assert operation.escalations.get().reason == "bad_plan"
    assert not operation.steps.exists()


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.usefixtures("impatient")
def test_a_model_that_fails_later_leaves_what_is_done_to_a_person(
    settle: Settle, settings: Any, failure: Reply
) -> None:
    with model(settings, "classic", acting("classic", NUMBERS), failure):
        operation = settle(ask_for())

    assert operation.status == "escalating"
    assert operation.escalations.get().reason == "no_next_step"
    assert statuses(operation) == {"E1": "completed"}


class Died(BaseException):
    """The process that advanced the operation is gone."""


def advance_until_it_dies(operation: Operation) -> None:
    taken = Operation.objects.claim_next("somebody:1")
    assert taken
    with pytest.raises(Died):
        pipeline.advance(*taken)
    Operation.objects.filter(pk=operation.pk).update(lease_until=timezone.now())


@pytest.mark.parametrize("lost", [1, 2], ids=["the first turn", "a later turn"])
def test_a_turn_lost_in_a_crash_is_asked_again_and_no_step_runs_twice(
    settle: Settle, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lost: int
) -> None:
    journal = str(tmp_path / "journal")
    counting = acting("classic", ("count", {"journal": journal}))
    with model(settings, "classic", counting, counting, acting("classic")) as server:
        operation = ask_for()
        with monkeypatch.context() as patched:
            steps, turns = react._steps, []

            def dying(*given: Any) -> Any:
                turns.append(given)
                if len(turns) == (1 if lost == 1 else 3):  # the first turn is read twice: as said, and as kept
                    raise Died
                return steps(*given)

            patched.setattr(react, "_steps", dying)
            advance_until_it_dies(operation)
        operation = settle(operation)
        counted = server.tokens

    assert operation.status == "completed", operation.error
    assert plant.read(journal).count("start") == operation.steps.count()
    assert operation.token_usage == counted


def test_a_first_turn_that_was_kept_is_not_asked_again(
    settle: Settle, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with model(settings, "classic", acting("classic", NUMBERS), acting("classic")) as server:
        operation = ask_for()
        with monkeypatch.context() as patched:
            patched.setattr(pipeline, "_begin", lambda *given: (_ for _ in ()).throw(Died()))
            advance_until_it_dies(operation)
        operation = settle(operation)

    assert statuses(operation) == {"E1": "completed"}
    assert len(server.calls) == 2


def test_a_spent_budget_asks_a_person_who_may_let_it_go_on(settle: Settle, settings: Any) -> None:
    settings.TOKEN_BUDGETS = {**settings.TOKEN_BUDGETS, "stepping": 700}
    replies = [acting("zero_shot", NUMBERS), acting("zero_shot", DOUBLE), acting("zero_shot")]
    with model(settings, "zero_shot", *replies) as server:
        operation = settle(ask_for())
        calls = len(server.calls)

    assert operation.status == "escalating"
    assert operation.escalations.get().reason == "budget_spent"
    assert calls < 3


def test_a_model_that_comes_to_no_end_is_stopped(
    settle: Settle, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(react, "MOST_TURNS", 4)
    with model(settings, "classic", acting("classic", NUMBERS)):
        operation = settle(ask_for())

    assert operation.status == "escalating"
    assert operation.escalations.get().reason == "no_next_step"
    assert len(statuses(operation)) == 4


def test_what_a_person_went_on_without_is_left_out_of_later_steps(
    settle: Settle, settings: Any, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.touch()
    refusing = ("refuse", {"unless": "#item", "for_each": [str(there), str(tmp_path / "missing")]})
    later = ("double", {"value": "#item.value", "for_each": "#E1"})
    with model(settings, "classic", acting("classic", refusing), acting("classic", later), acting("classic")):
        operation = settle(ask_for("Refuse unless a file is there, and double"))
        escalation = operation.escalations.get()
        decide(escalation, Answer(Kind.APPROVE), who="rita", revision=escalation.revision, decision_id="1")
        operation = settle(operation)

    assert operation.status == "completed", operation.error
    assert statuses(operation) == {
        **{"E1": "completed", "E1[0]": "completed", "E1[1]": "skipped"},
        **{"E2": "completed", "E2[0]": "completed", "E2[1]": "skipped"},
    }
