"""What the queue shows of its rows, in a constant number of queries and without reading what may be large."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Max, Min, Q, QuerySet, Window
from django.db.models.functions import Left, RowNumber

from escalations import urgency
from escalations.deciding import two_people
from escalations.known import know_questions
from escalations.models import Decision, Escalation, Kind
from escalations.models.escalation import OFFERED
from escalations.queue.ordering import BadCursor, Order
from operations.paging import Page

AT_ONCE = (Kind.APPROVE, Kind.RETRY, Kind.REJECT)  # what can be decided on many
BRIEF = 240  # characters of a message
GROUPS = 20  # on a page; their names are long, and each stands there three times
SHOWN = (
    "reason",
    "cause",
    "confidence_score",
    "threshold",
    "risk",
    "uncertainty",
    "rank",
    "status",
    "assigned_to",
    "claimed_by",
    "claimed_until",
    "revision",
    "created_at",
    "digest",
    "operation__operation_type",
    "operation__priority",
)
Rows = QuerySet[Escalation]


@dataclass(frozen=True)
class Shown:
    """A question as the queue shows it."""

    escalation: Escalation
    level: int
    word: str
    why: str
    offers: str
    standing: str = ""  # of a question that two people have to approve

    @property
    def value(self) -> str:
        """What a tick stands for: this question, as it was when it was shown."""
        return f"{self.escalation.pk}:{self.escalation.revision}"


@dataclass(frozen=True)
class Group:
    """Questions of one cause: how many, since when, and the most urgent of them."""

    cause: str
    count: int
    oldest: datetime
    first: Shown

    @property
    def address(self) -> str:
        """What the group's own view adds to the address."""
        return urlencode({"cause": self.cause})


def page_of(rows: Rows, order: Order, cursor: str) -> Page:
    """A page of `Shown`. Raises `BadCursor`."""
    found = order.page(_light(rows), cursor)
    know_questions(row.pk for row in found.rows)
    return Page([shown(row) for row in found.rows], found.next)


def groups_of(rows: Rows, cursor: str) -> Page:
    """A page of `Group`, that with the most urgent question first. Raises `BadCursor`."""
    found = rows.order_by().values("cause").annotate(count=Count("pk"), oldest=Min("created_at"), first=Min("rank"))
    if cursor:
        rank, cause = _read(cursor)
        found = found.filter(Q(first__gt=rank) | Q(first=rank, cause__gt=cause))
    told = list(found.order_by("first", "cause")[: GROUPS + 1])
    firsts = _firsts(rows, [group["cause"] for group in told[:GROUPS]])
    know_questions(first.escalation.pk for first in firsts.values())
    shown_groups = [
        Group(group["cause"], group["count"], group["oldest"], firsts[group["cause"]])
        for group in told[:GROUPS]
        if group["cause"] in firsts  # else it was decided between the two queries
    ]
    last = told[GROUPS - 1] if len(told) > GROUPS else None
    return Page(shown_groups, f"{last['first']!r}~{last['cause']}" if last else "")


def extent(rows: Rows) -> tuple[int, datetime | None]:
    """How many there are, and when the newest of them came."""
    found = rows.aggregate(count=Count("pk"), newest=Max("created_at"))
    return found["count"], found["newest"]


def shown(escalation: Escalation) -> Shown:
    level, word = urgency.level(escalation)
    offers = " ".join(kind for kind in AT_ONCE if kind in OFFERED[escalation.reason])
    return Shown(escalation, level, word, urgency.explained(escalation), offers, two_people.standing(escalation))


@dataclass(frozen=True)
class State:
    """What became of a row that somebody has on the screen."""

    escalation: Escalation
    decided_by: str
    decision: str


def states_of(rows: Rows, ids: Iterable[str]) -> list[State]:
    """How the questions with these ids are now."""
    found = list(rows.filter(pk__in=list(ids)).only("status", "claimed_by", "claimed_until", "assigned_to"))
    closed = [row.pk for row in found if row.status != Escalation.Status.OPEN]
    decisions = Decision.objects.filter(escalation__in=closed, undone_at=None).only(
        "escalation", "decision", "decided_by"
    )
    by_id = {decision.escalation_id: decision for decision in decisions}
    return [_state(row, by_id.get(row.pk)) for row in found]


def _state(row: Escalation, decision: Decision | None) -> State:
    if decision is None:
        return State(row, "", "")
    return State(row, decision.decided_by, decision.get_decision_display().lower())


def _light(rows: Rows) -> QuerySet[Any]:
    """Without what may be large; ``brief`` is the beginning of the message."""
    return (
        rows.select_related("operation")
        .prefetch_related("approvals")
        .only(*SHOWN)
        .annotate(brief=Left("message", BRIEF))
    )


def _firsts(rows: Rows, causes: list[str]) -> dict[str, Shown]:
    """The most urgent question of each cause."""
    place = Window(RowNumber(), partition_by=F("cause"), order_by=["rank", "pk"])
    found = _light(rows.filter(cause__in=causes)).annotate(place=place).filter(place=1)
    return {row.cause: shown(row) for row in found}


def _read(cursor: str) -> tuple[float, str]:
    rank, _, cause = cursor.partition("~")
    try:
        if "\0" in cause:
            raise ValueError("no database keeps this")
        return float(rank), cause
    except ValueError as error:
        raise BadCursor(f"{cursor!r} is no place in this list") from error
