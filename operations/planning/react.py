"""The traditional planner: it asks the model before every step, and shows it all that came back so far.

Each answer becomes steps of the operation, which the executor runs like any others. A turn is saved together with
its steps: whoever takes the operation up after a crash asks only the turn that was lost, and runs no step again.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations import ledger
from operations.lease import Lease
from operations.models import Claim, Operation, Step
from operations.planning import catalogue, react_text, react_tools, rules, safeguards
from operations.planning import plan as plans
from operations.planning.catalogue import Actions
from operations.planning.react_turns import KIND, Misunderstood, Next, Turn, observations, turns, version
from operations.states import Status
from workers import llm, tokens

Json = dict[str, Any]

PURPOSE = "stepping"  # with a budget of its own: by nature it takes many times that of planning once
CLASSIC, ZERO_SHOT, TOOLS = "classic", "zero_shot", "tools"
STYLES = (CLASSIC, ZERO_SHOT, TOOLS)
MOST_TURNS = 30
MOST_MISTAKES = 3  # in a row
ANSWER_TOKENS = 800
FIXED_TOKENS = 1500  # of the part of the prompt that every turn sends again
SECONDS = 60.0


class GaveUp(Exception):
    """The model leads nowhere: it was misunderstood too often, or comes to no end."""


def first(operation: Operation, claim: Claim) -> list[Json]:
    """The steps to begin with, checked. The turn that they come from is kept: after a crash it is not asked again.

    Raises what `go_on` raises.
    """
    while not (kept := [turn for turn in turns(operation) if turn.steps]):
        turn, _ = _turn(operation, claim)
        operation.change({}, _told(turn), kind=KIND, claim=claim, data=turn.as_json())
    try:
        return _steps(operation, _read(kept[-1], _actions(operation, kept[-1].style)))
    except (Misunderstood, plans.BadPlan) as error:  # a worker can do other things now than when it was asked
        raise GaveUp(str(error)) from error


def go_on(operation: Operation, claim: Claim) -> None:
    """Ask the model what comes next, and add it to the steps, or move to validating where nothing does.

    An answer that is no step is kept too: the model reads what was wrong with it at the next turn. Raises `GaveUp`,
    `llm.ModelFailed`, `ledger.BudgetSpent`, and `Superseded` when the claim is lost.
    """
    turn, steps = _turn(operation, claim)
    plan = {"steps": [*_planned(operation), *steps]}
    with transaction.atomic():
        if turn.error or steps:
            changes = {"plan": plan | {"open": True}} if steps else {}
            operation.change(changes, _told(turn), kind=KIND, claim=claim, data=turn.as_json())
        else:
            operation.record(KIND, _told(turn), data=turn.as_json())
            operation.move_to(Status.VALIDATING, claim=claim, plan=plan)
        new = plans.rows(operation, plan)[len(plan["steps"]) - len(steps) :]
        operation.know_steps([*operation.known_steps(), *Step.objects.bulk_create(new)])


def _turn(operation: Operation, claim: Claim) -> tuple[Turn, list[Json]]:
    """One answer of the model, and the steps that it comes to."""
    said = turns(operation)
    _check_progress(operation, said)
    style = said[0].style if said else settings.REACT_STYLE  # a conversation goes on as it began
    actions = _actions(operation, style)
    answer = _ask(operation, claim, style, said, actions)
    text = answer.text.strip() if style == TOOLS else react_text.said(answer.text)
    calls = [_call(number, call) for number, call in enumerate(answer.tool_calls, 1)]
    turn = Turn(version(operation), style, text, calls)
    try:
        steps = _steps(operation, _read(turn, actions))
    except (Misunderstood, plans.BadPlan) as error:
        return replace(turn, error=f"Refused: {error}"), []
    return replace(turn, steps=[step["id"] for step in steps]), steps


def _read(turn: Turn, actions: Actions) -> Next:
    if turn.style == TOOLS:
        return react_tools.read(turn.calls, actions)
    names = {called: action for action, called in catalogue.names(actions).items()}
    return react_text.read(turn.text, {".".join(action): action for action in actions} | names)


def _actions(operation: Operation, style: str) -> Actions:
    """The actions that can matter: those of the type's template, or for a goal those that have to do with it."""
    known = catalogue.known()
    if rules.has_template(operation):
        return catalogue.of_plan(rules.make(operation)["steps"], known)
    return _fitting(str(operation.parameters.get("goal", "")), known, style)


def _fitting(goal: str, known: Actions, style: str) -> Actions:
    """The actions that have most to do with ``goal``, so many that the prompt that is sent every time stays short."""
    room = min(catalogue.MOST_TOKENS, FIXED_TOKENS - _length(style, {}))
    while _length(style, chosen := catalogue.relevant(goal, known, room)) > FIXED_TOKENS and room > 0:
        room -= 200
    return chosen


def _length(style: str, actions: Actions) -> int:
    system, tools = _fixed_prompt(style, actions)
    return tokens.count_messages([{"role": "system", "content": system}], tools=tools)


def _told(turn: Turn) -> str:
    if turn.error:
        return turn.error
    return f"The model asks for {', '.join(turn.steps)}" if turn.steps else "The model has nothing left to do"


def _fixed_prompt(style: str, actions: Actions, *, whole: bool = True) -> tuple[str, list[Json]]:
    """What is the same at every turn: the system's words, and the tools where there are any.

    ``whole``: with all fields of the results, which a goal in words may need, and no template names.
    """
    if style == TOOLS:
        return react_tools.SYSTEM, react_tools.tools(actions)
    return react_text.system(catalogue.text(actions, whole=whole), examples=style == CLASSIC), []


def _ask(operation: Operation, claim: Claim, style: str, said: Sequence[Turn], actions: Actions) -> llm.Answer:
    task, seen = react_text.task(operation), observations(operation.known_steps())
    system, tools = _fixed_prompt(style, actions, whole=not rules.has_template(operation))
    told = react_tools.messages if style == TOOLS else react_text.messages
    lease = Lease(claim)
    return ledger.ask(
        operation,
        [{"role": "system", "content": system}, *told(task, said, seen)],
        purpose=PURPOSE,
        claim=claim,
        tools=tools or None,
        max_tokens=ANSWER_TOKENS,
        timeout=_seconds(operation),
        on_text=lambda text: lease.keep(),
    )


def _seconds(operation: Operation) -> float:
    left = (operation.deadline_at - timezone.now()).total_seconds() if operation.deadline_at else SECONDS
    return max(1.0, min(SECONDS, left))


def _check_progress(operation: Operation, said: Sequence[Turn]) -> None:
    """Raise `GaveUp` where going on would lead nowhere. What was before a person looked does not count."""
    looked = operation.events.filter(kind__in=[Status.ESCALATING, Status.FAILED, Status.CANCELLED]).last()
    fresh = operation.events.filter(kind=KIND, pk__gt=looked.pk if looked else 0).count()
    recent = said[-fresh:] if fresh else []
    if len(recent) >= MOST_TURNS:
        raise GaveUp(f"The model came to no end in {MOST_TURNS} turns")
    if len(recent) >= MOST_MISTAKES and all(turn.error for turn in recent[-MOST_MISTAKES:]):
        raise GaveUp(f"The model gave no usable step {MOST_MISTAKES} times in a row. {recent[-1].error}")


def _steps(operation: Operation, wanted: Next) -> list[Json]:
    """What the model wants, as checked steps of the plan. Raises `Misunderstood` or `BadPlan`."""
    before = _planned(operation)
    if wanted.finished:
        if missing := safeguards.missing(operation, before):
            raise Misunderstood(f"Not finished: {', '.join(missing)} must still be done.")
        if not before:
            raise Misunderstood("Nothing has been done yet.")
        return []
    done = {"depends_on": [step["id"] for step in before]}
    steps = [{"id": f"E{number}", **step, **done} for number, step in enumerate(wanted.steps, len(before) + 1)]
    plans.check({"steps": [*before, *steps]})
    held = safeguards.hold(operation, before, steps)
    if held.problems:
        raise plans.BadPlan(held.problems)
    return held.steps


def _planned(operation: Operation) -> list[Json]:
    """The steps so far; none while a first plan or another one is being made."""
    return operation.plan["steps"] if operation.plan and operation.status != Status.PLANNING else []


def _call(number: int, call: Json) -> Json:
    """A tool call in the shape in which it is kept."""
    return {"id": call["id"] or f"call_{number}", **call["function"]}
