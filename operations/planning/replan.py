"""Planning anew in the middle: by itself when a step failed for good, at most once, and when a person asks for it.

The planner is told no more than it needs: what failed and why, digests of what is done, and the steps that remain.
What is done keeps its result. Where no other plan comes of it, a person is asked what would have been asked without.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from operations import approval, retries
from operations.budgets import BudgetSpent
from operations.evidence import references
from operations.models import Claim, Operation, Step, type_setting
from operations.planning import cache, catalogue, drafts, revise, rewoo, rules, situation
from operations.planning import plan as plans
from operations.planning.made import Made, NoPlan
from operations.planning.prompt import Question
from operations.showing import listed
from operations.states import Planner, StepStatus
from workers import llm

Json = dict[str, Any]

REPLANNED, GIVEN_UP = "replanned", "replan_given_up"  # the kinds of the events that say what came of it
BY_MODEL = (Planner.REWOO, Planner.CACHE)  # the sources of plans that a model may mend
FAILURES = (NoPlan, llm.ModelFailed, BudgetSpent, plans.BadPlan)

# --- by itself, once ---


def puts_off(operation: Operation, step: Step) -> bool:
    """Is another plan tried before a person is asked about ``step``, which is failing?

    Only where a model made the plan without a template, which would have the same steps again, and only for what the
    worker refused for good: what was tried again and again would fail in another plan as well.
    """
    refused = step.result is None and retries.left(step.attempts)
    planned = operation.plan_source in BY_MODEL and not rules.has_template(operation)
    unseen = type_setting(operation.operation_type).show_plan  # another plan would have to be shown as well
    return refused and planned and not unseen and not _tried(operation)


def put_off(operation: Operation, unresolved: Sequence[Step]) -> list[Step]:
    """Those of the ``unresolved`` steps about which no person has been asked yet."""
    if operation.plan_source not in BY_MODEL or _tried(operation):
        return []
    noted = operation.events.filter(kind="step_failed", data__replan=True).values_list("data__step", flat=True)
    ids = set(noted)
    return [step for step in unresolved if step.step_id in ids and step.status == StepStatus.FAILED]


def _tried(operation: Operation) -> bool:
    return operation.events.filter(kind__in=[REPLANNED, GIVEN_UP], actor="").exists()


def mend(operation: Operation, claim: Claim, failed: list[Step], unresolved: Sequence[Step]) -> bool:
    """Put another plan for what remains in place of the one that ``failed``; if none is to be had, ask a person.

    True if the operation goes on. Raises `Superseded` when the claim is lost.
    """
    try:
        if len(failed) < len(unresolved):
            raise NoPlan("other steps wait for a person")
        plan = _plan_for_the_rest(operation, claim, failed)
    except FAILURES as error:
        with transaction.atomic():
            operation.change({}, f"No other plan was made: {error}", kind=GIVEN_UP, claim=claim)
            approval.ask_about_failed(operation, failed)
        return False
    names = listed([step.step_id for step in failed])
    fields = {"plan": plan, "plan_version": operation.plan_version + 1, "plan_cache": None}
    with transaction.atomic():
        cache.drop(operation)
        operation.change(fields, f"Another plan goes on without {names}", kind=REPLANNED, claim=claim)
        revise.put(operation, plan, again=False)
    return True


def _plan_for_the_rest(operation: Operation, claim: Claim, failed: Sequence[Step]) -> Json:
    """The settled steps as they are, and what a model plans in place of the others. Raises any of `FAILURES`."""
    question = _question(operation)
    rows = [step for step in operation.known_steps() if not step.template]
    stay = {step.step_id: step for step in rows if situation.is_settled(step)}
    planned = _ask(question, claim, situation.rest(question, failed))
    steps = [step for step in planned if not (step["id"] in stay and revise.same_call(stay[step["id"]], step))]
    if not steps:
        raise NoPlan("the model would just leave it out")
    if taken := [step["id"] for step in steps if step["id"] in stay]:
        raise plans.BadPlan([f"{', '.join(taken)}: done already, not to be planned otherwise."])
    if same := [step["id"] for step in steps if any(revise.same_call(row, step) for row in failed)]:
        raise plans.BadPlan([f"{', '.join(same)}: the same as what failed."])
    return drafts.held([*map(revise.as_planned, stay.values()), *steps], question.template)


# --- as a reviewer asks for it ---


def by_words(operation: Operation, claim: Claim) -> Made:
    """The whole plan anew, as the reviewer wants it. Raises `NoPlan`."""
    asked: Json = operation.replan or {}
    question = _question(operation, asked["words"])
    try:
        steps = _ask(question, claim, situation.whole(question, asked))
        plan = drafts.held(steps, list(_with_values_of(steps, question.template)))
    except FAILURES as error:
        raise NoPlan(str(error)) from error
    return Made(plan, Planner.REWOO)


def _with_values_of(steps: Sequence[Json], template: Sequence[Json]) -> Iterator[Json]:
    """The template of the type with the values that ``steps`` have: a reviewer may want others, never fewer checks."""
    planned = {(step["worker"], step["action"]): step for step in steps}
    for expected in template:
        arguments = planned.get((expected["worker"], expected["action"]), expected).get("arguments", {})
        referring = {name: value for name, value in expected.get("arguments", {}).items() if any(references(value))}
        values = {name: value for name, value in arguments.items() if not any(references(value))}
        yield expected | {"arguments": values | referring}


# --- both ---


def _question(operation: Operation, words: str = "") -> Question:
    """The question as it was at first, with the actions of the plan under way, and those that ``words`` are about."""
    question, known = Question.about(operation), catalogue.known()
    actions = {**question.actions, **catalogue.of_plan((operation.plan or {"steps": []})["steps"], known)}
    if words and not question.template:
        actions |= catalogue.relevant(words, known)
    return replace(question, actions=dict(sorted(actions.items())))


def _ask(question: Question, claim: Claim, told: str) -> list[Json]:
    """The steps that a model plans when it is ``told`` this, with the values of the request put in."""
    messages = [*question.messages(), {"role": "user", "content": told}]
    return drafts.steps_of(question, rewoo.ask(question, messages, claim, rewoo.wait))
