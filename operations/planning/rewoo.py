"""The ReWOO planner: a model plans everything at once, before anything is observed; or the cache knows its plan."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from operations import ledger
from operations.lease import HandedBack, Lease
from operations.models import Claim, Operation, Superseded, type_setting
from operations.planning import cache, drafts, plan, wire
from operations.planning.early import EarlyCalls
from operations.planning.listening import listen
from operations.planning.made import Made, NoPlan
from operations.planning.prompt import Messages, Question
from operations.states import Planner
from workers import llm, registry

logger = logging.getLogger(__name__)

MAX_TOKENS = 1000
# Kinds of failure after which the same question may be answered, where nothing but a model can answer it.
WORTH_ASKING_AGAIN = frozenset({"cut", "empty", "length", "invalid"})


def make(operation: Operation, claim: Claim) -> Made:
    """A checked plan by the cache or by the model, which may mend it once.

    Raises `NoPlan`, `BudgetSpent` and `plan.BadPlan`.
    """
    question = Question.about(operation)
    if silent := [step for step in question.template if not registry.action(step["worker"], step["action"])]:
        raise NoPlan(f"{registry.unknown(silent[0]['worker'], silent[0]['action'])}.")
    if not question.actions:
        needed = [{"worker": name} for name in registry.workers()]
        raise plan.BadPlan(["No worker has said yet what it can do."], {"steps": needed})
    return _from_cache(question) or _from_model(question, claim)


def _from_cache(question: Question) -> Made | None:
    row = cache.find(question.key)
    if row is None:
        return None
    try:
        made = drafts.plan_of(question, row.lines)
    except plan.BadPlan as bad:
        logger.warning("The cached plan %s does not fit %s: %s", row, question.operation, bad)
        row.delete()
        return None
    return Made(made, Planner.CACHE, cached=row)


def _from_model(question: Question, claim: Claim) -> Made:
    early = EarlyCalls(question, claim)
    try:
        lines = _lines(question, claim, early.hear if _may_begin(question.operation) else wait)
        made = drafts.plan_of(question, lines)
    except HandedBack:  # another goes on at once, and joins what began here
        raise
    except Superseded:
        early.settle()
        raise
    except Exception:
        early.settle(question.template)  # rules plan instead, where there is a template
        raise
    early.settle(made["steps"])
    return Made(made, Planner.REWOO, key=question.key, lines=tuple(lines))


def _may_begin(operation: Operation) -> bool:
    """May anything run before a person has seen the plan?"""
    return not operation.parameters.get("plan_only") and not type_setting(operation.operation_type).show_plan


def wait(text: str) -> None:
    """Take a piece of the answer, and begin nothing."""


def _lines(question: Question, claim: Claim, on_text: Callable[[str], None]) -> list[str]:
    """The lines of a sound plan, after at most one repair."""
    text, problems = "", []
    try:
        text = ask(question, question.messages(), claim, on_text)
        return drafts.lines_of(question, text)
    except plan.BadPlan as bad:
        problems = bad.problems
    except llm.ModelFailed as failed:
        if question.template or failed.kind not in WORTH_ASKING_AGAIN:
            raise NoPlan(_words(failed)) from failed
    again = question.repair(text, problems) if problems else question.messages()
    try:
        return drafts.lines_of(question, ask(question, again, claim, wait))
    except llm.ModelFailed as failed:
        raise NoPlan(_words(failed), problems) from failed
    except plan.BadPlan as bad:
        raise NoPlan(f"The model's plan cannot run, nor can the one that it mended: {bad}", bad.problems) from bad


def ask(question: Question, messages: Messages, claim: Claim, on_text: Callable[[str], None]) -> str:
    """The model's answer, entered in the ledger. Raises `llm.ModelFailed` and `BudgetSpent`."""
    operation = question.operation

    def put(pass_on: Callable[[str], None]) -> llm.Answer:
        return ledger.ask(
            operation,
            messages,
            purpose="planning",
            claim=claim,
            schema=wire.SCHEMA,
            schema_name="plan",
            max_tokens=MAX_TOKENS,
            timeout=_patience(operation),
            on_text=pass_on,
        )

    return listen(put, Lease(claim), on_text).text


def _patience(operation: Operation) -> float:
    """Seconds to wait for an answer: what is set, and at most half of the time that the operation has left."""
    if operation.deadline_at is None:
        return settings.PLANNING_SECONDS
    left = (operation.deadline_at - timezone.now()).total_seconds()
    return max(1.0, min(settings.PLANNING_SECONDS, left / 2))


def _words(failed: llm.ModelFailed) -> str:
    return f"{str(failed).rstrip('.')} ({failed.kind})."
