"""The ledger of model calls: what each cost, and that no more is spent than may be.

A row is written before its call, and completed after it. The operation's sums are made from the rows, in the same
transaction, whoever holds the operation by then: tokens are spent whatever becomes of the answer.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from operations import budgets, live, prices
from operations.budgets import BudgetSpent
from operations.models import Claim, ModelCall, Operation, Step, Superseded
from workers import llm, tokens

__all__ = ["BudgetSpent", "ask", "record", "saved_by_cache"]

Json = dict[str, Any]

MARGIN = timedelta(seconds=15)  # how long a lease outlasts a model call that may take its whole time
LARGEST = 100_000_000  # tokens or milliseconds of one call that is believed
MOST_CALLS = 1000  # that one answer of a worker may report


def ask(
    operation: Operation,
    messages: Sequence[Json],
    *,
    purpose: str,
    max_tokens: int,
    timeout: float,
    claim: Claim | None = None,
    step: Step | str | None = None,
    compressed: tuple[int, int] | None = None,
    schema: Json | None = None,
    tools: Sequence[Json] | None = None,
    **options: Any,
) -> llm.Answer:
    """Ask the model as `llm.ask` does, within the budgets and entered in the ledger.

    ``compressed`` are the tokens before and after the compressor. With a ``claim`` the call is made only while that is
    the newest, and its lease is made to last. The answer is cut where the budget ends.

    Raises `BudgetSpent` without calling, or where the answer did not fit into what was left; `Superseded`; and
    `llm.ModelFailed`.
    """
    prompt = tokens.count_messages(messages, tools=tools, schema=schema)
    room = budgets.check(operation, purpose, prompt)
    book = Book(operation, claim, timeout, _id(step), compressed)
    most = max_tokens if room is None else min(max_tokens, room)
    try:
        return llm.ask(
            messages,
            purpose=purpose,
            max_tokens=most,
            timeout=timeout,
            schema=schema,
            tools=tools,
            account=book,
            **options,
        )
    except llm.ModelFailed as failed:
        if failed.kind == "length" and most < max_tokens:
            spent = sum(use.tokens for use in failed.uses)
            raise BudgetSpent(purpose, spent, budgets.limit(operation, purpose)) from failed
        raise


def record(operation: Operation, step: Step, usage: Sequence[Json]) -> None:
    """Enter the model calls that a worker says it made for ``step``, in the transaction that saves its answer."""
    if not usage:
        return
    now = timezone.now()
    calls = [_reported(call, operation, step) for call in usage[:MOST_CALLS]]
    with transaction.atomic():
        _lock(operation)
        for row, use in calls:
            row.take(use, prices.price(use, now))
            row.state = ModelCall.State.FAILED if use.error else ModelCall.State.DONE
        ModelCall.objects.bulk_create([row for row, _ in calls])
        _sum_up(operation)


def saved_by_cache(operation: Operation, purpose: str = "planning") -> None:
    """Enter that no call was needed, since a cache had the answer."""
    ModelCall.objects.create(operation=operation, purpose=purpose, cache_hit=True, cost_usd=Decimal(0))


class Book:
    """Keeps account of the HTTP calls of one question (`llm.Account`)."""

    def __init__(
        self,
        operation: Operation,
        claim: Claim | None,
        timeout: float,
        step_id: str,
        compressed: tuple[int, int] | None,
    ):
        self.operation = operation
        self.claim = claim
        self.lease = timedelta(seconds=timeout) + MARGIN
        self.step_id = step_id
        self.compressed = compressed or (None, None)
        self.row = ModelCall()

    def begins(self, estimate: llm.Use) -> None:
        """Write down what is about to be spent. Raises `Superseded` where the claim is lost."""
        now = timezone.now()
        self.row = ModelCall(
            operation=self.operation,
            step_id=self.step_id,
            state=ModelCall.State.OPEN,
            tokens_before_compression=self.compressed[0],
            tokens_after_compression=self.compressed[1],
        )
        self.row.take(estimate, prices.price(estimate, now, settings.OPENAI_BASE_URL))
        self.row.latency_ms = None
        with transaction.atomic():
            _lock(self.operation)
            self._hold(now + self.lease)
            self.row.save()
            _sum_up(self.operation)

    def ended(self, use: llm.Use) -> None:
        """Write down what it was."""
        self.row.take(use, prices.price(use, self.row.created_at, settings.OPENAI_BASE_URL))
        self.row.state = ModelCall.State.FAILED if use.error else ModelCall.State.DONE
        with transaction.atomic():
            _lock(self.operation)
            self.row.save()
            _sum_up(self.operation)

    def _hold(self, until: Any) -> None:
        """Make the lease last as long as the call may take, if the claim is the newest."""
        if self.claim is None:
            return
        row = Operation.objects.filter(pk=self.claim.operation_id, fence=self.claim.fence)
        if not row.exists():
            raise Superseded(f"{self.claim.operation_id} is in other hands now.")
        row.filter(lease_until__lt=until).update(lease_until=until)


def _lock(operation: Operation) -> None:
    """Two that write rows of one operation take turns, so that each sums up what the other wrote."""
    Operation.objects.select_for_update(no_key=True).filter(pk=operation.pk).values_list("pk").first()


def _sum_up(operation: Operation) -> None:
    """Set the operation's sums, also in memory. The cost is unknown when any part of it is."""
    rows = ModelCall.objects.filter(operation=operation)
    costs = rows.aggregate(known=Sum("cost_usd", default=Decimal(0)), unknown=Count("pk", Q(cost_usd__isnull=True)))
    operation.token_usage = rows.spent()
    operation.cost_usd = None if costs["unknown"] else costs["known"]
    Operation.objects.filter(pk=operation.pk).update(token_usage=operation.token_usage, cost_usd=operation.cost_usd)
    live.announce(operation)


def _reported(call: Json, operation: Operation, step: Step) -> tuple[ModelCall, llm.Use]:
    """A worker's words as a row and a use. It is another program: what is not a count counts as nothing."""
    use = llm.Use(
        purpose="execution",
        model=str(call.get("model") or ""),
        prompt_tokens=_count(call, "prompt_tokens"),
        completion_tokens=_count(call, "completion_tokens"),
        cached_tokens=_count(call, "cached_tokens"),
        estimated=call.get("estimated") is True,
        latency_ms=_count(call, "latency_ms"),
        error=str(call.get("error") or ""),
    )
    return ModelCall(operation=operation, step_id=step.step_id), use


def _count(call: Json, name: str) -> int:
    value = call.get(name)
    return value if type(value) is int and 0 <= value <= LARGEST else 0


def _id(step: Step | str | None) -> str:
    return step.step_id if isinstance(step, Step) else step or ""
