"""What model calls add up to: by type, day, purpose or model, and of one operation against its budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from operations import budgets
from operations.models import ModelCall, Operation
from operations.models.ledger import PURPOSES

Json = dict[str, Any]

BY: dict[str, Any] = {
    "type": Coalesce("operation__operation_type", "forgotten_type"),
    "day": TruncDate("created_at"),
    "purpose": F("purpose"),
    "model": F("model"),
}
MADE = Q(cache_hit=False)
SUMS: dict[str, Any] = {
    "operations": Count(Coalesce("operation__id", "forgotten_id"), distinct=True),
    "calls": Count("pk", filter=MADE),
    "failed_calls": Count("pk", filter=MADE & ~Q(error="")),
    "estimated_calls": Count("pk", filter=MADE & Q(estimated=True)),
    "plan_cache_hits": Count("pk", filter=~MADE),
    "prompt": Sum("prompt_tokens", default=0),
    "completion": Sum("completion_tokens", default=0),
    "cached": Sum("cached_tokens", default=0),
    "cost": Sum("cost_usd", default=Decimal(0)),
    "unpriced_calls": Count("pk", filter=Q(cost_usd__isnull=True)),
    "latency": Avg("latency_ms", filter=Q(latency_ms__isnull=False)),
    "compressed_from": Sum("tokens_before_compression", default=0),
    "compressed_to": Sum("tokens_after_compression", default=0),
}


def grouped(calls: QuerySet[ModelCall], by: str) -> list[Json]:
    """The sums of ``calls`` for each group, named ``group``; ``by`` is a key of `BY`. Days come newest first."""
    # The groups of a cache's hits have no model; as a group of their own they would say nothing.
    rows = calls.filter(MADE) if by == "model" else calls
    order = "-group" if by == "day" else "group"
    groups = rows.order_by().values(group=BY[by]).annotate(**SUMS).order_by(order)
    return [{"group": str(group["group"]), **summed(group)} for group in groups]


def total(calls: QuerySet[ModelCall]) -> Json:
    """The sums of all ``calls``."""
    return summed(calls.order_by().aggregate(**SUMS))


def summed(row: Mapping[str, Any]) -> Json:
    """One row of sums, as clients see it. The cost is unknown (None) where that of any call is."""
    return {
        "operations": row["operations"],
        "calls": row["calls"],
        "failed_calls": row["failed_calls"],
        "estimated_calls": row["estimated_calls"],
        "plan_cache_hits": row["plan_cache_hits"],
        "tokens": row["prompt"] + row["completion"],
        "prompt_tokens": row["prompt"],
        "completion_tokens": row["completion"],
        "cached_tokens": row["cached"],
        "cost_usd": None if row["unpriced_calls"] else float(row["cost"]),
        "unpriced_calls": row["unpriced_calls"],
        "mean_latency_ms": None if row["latency"] is None else round(row["latency"]),
        "tokens_before_compression": row["compressed_from"],
        "tokens_after_compression": row["compressed_to"],
    }


@dataclass(frozen=True)
class Spent:
    """What an operation spent for one purpose; a ``limit`` of 0 is none."""

    purpose: str
    calls: int
    tokens: int
    cached_tokens: int
    limit: int
    cost_usd: float | None

    @property
    def nearly(self) -> int:
        """From here on a reader should know that the budget is nearly spent."""
        return self.limit * 4 // 5

    @property
    def scale(self) -> int:
        """The end of a scale on which what was spent and the limit both have a place."""
        return max(self.limit, self.tokens)


def of(operation: Operation) -> list[Spent]:
    """What ``operation`` spent for each purpose it has spent anything for, in their usual order."""
    if not operation.token_usage and not operation.model_calls.exists():
        return []
    found = {row["group"]: row for row in grouped(operation.model_calls.all(), "purpose")}
    names = [*[purpose for purpose in PURPOSES if purpose in found], *sorted(set(found) - set(PURPOSES))]
    return [
        Spent(
            purpose=name,
            calls=found[name]["calls"],
            tokens=found[name]["tokens"],
            cached_tokens=found[name]["cached_tokens"],
            limit=budgets.limit(operation, name),
            cost_usd=found[name]["cost_usd"],
        )
        for name in names
    ]
