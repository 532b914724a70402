"""What models were paid for, against what operations would have cost by the traditional loop."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

from operations.models import Operation
from operations.states import Planner, Status

# What one operation took when a model was asked before every step. Operations that need no model save nothing.
BASELINE = 45_000
BY_A_MODEL = (Planner.REWOO, Planner.REACT, Planner.CACHE)


@dataclass(frozen=True)
class Savings:
    """Of the operations that ended in a period, those that asked a model or were spared it by a kept plan."""

    operations: int = 0
    completed: int = 0
    tokens: int = 0
    cost: Decimal | None = Decimal(0)
    planned_by_cache: int = 0
    planned_by_model: int = 0

    @property
    def baseline(self) -> int:
        """Tokens that the completed ones would have taken. What failed would have been no use either way."""
        return self.completed * BASELINE

    @property
    def saved(self) -> int:
        """Tokens; below zero where more was spent than by the baseline. What failed ones spent counts as spent."""
        return self.baseline - self.tokens

    @property
    def share(self) -> float | None:
        return self.saved / self.baseline if self.baseline else None

    @property
    def saved_usd(self) -> Decimal | None:
        """The tokens saved, at what a token cost on average in the same time. None: not known."""
        if self.cost is None or not self.tokens:
            return None
        return self.cost / self.tokens * self.saved

    @property
    def plans(self) -> int:
        """For how many a plan was to come of a model: the cache had it, or the model was asked."""
        return self.planned_by_cache + self.planned_by_model

    @property
    def hit_rate(self) -> float | None:
        return self.planned_by_cache / self.plans if self.plans else None


def savings(since: datetime) -> Savings:
    """The sums of the operations that ended since then. One query."""
    concerned = Q(token_usage__gt=0) | Q(plan_source__in=BY_A_MODEL)
    # Every column is one of the index `operation_outcomes`.
    sums = Operation.objects.filter(concerned, ended_at__gte=since).aggregate(
        operations=Count("*"),
        completed=Count("ended_at", filter=Q(status=Status.COMPLETED)),
        tokens=Sum("token_usage", default=0),
        cost=Sum("cost_usd", default=Decimal(0)),
        unpriced=Count("ended_at", filter=Q(cost_usd__isnull=True)),
        planned_by_cache=Count("ended_at", filter=Q(plan_source=Planner.CACHE)),
        planned_by_model=Count("ended_at", filter=Q(plan_source=Planner.REWOO)),
    )
    if sums.pop("unpriced"):
        sums["cost"] = None
    return Savings(**sums)
