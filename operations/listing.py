"""The list of operations as its address narrows it: filters, counts by state, who asked, and how far each is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.http import QueryDict
from django.utils import timezone

from operations.models import ApiKey, Event, Operation
from operations.searching import search
from operations.states import OperationType, Status

HEAVY = ("parameters", "metadata", "plan", "result", "confidence", "replan")
MOST_NAMES = 200
SINCE = {"1h": ("hour", 1), "24h": ("24 hours", 24), "7d": ("7 days", 168), "30d": ("30 days", 720)}
PRIORITIES = [(str(number), f"{number} and more") for number in range(2, 10)] + [("10", "10")]
CONFIDENCES = [("0.5", "below 50 %"), ("0.7", "below 70 %"), ("0.9", "below 90 %")]
CHOICES: dict[str, list[tuple[str, str]]] = {
    "status": [(str(value), str(label)) for value, label in Status.choices],
    "type": [(str(value), str(label)) for value, label in OperationType.choices],
    "since": [(value, f"last {words}") for value, (words, _) in SINCE.items()],
    "priority": PRIORITIES,
    "confidence": CONFIDENCES,
}
WORDS = {"type": "Type", "since": "Began", "priority": "Priority", "confidence": "Confidence"}


class BadFilter(ValueError):
    """The address asks for something that no filter offers."""


@dataclass(frozen=True)
class Select:
    """A filter with its choices: value, words, and whether it is chosen."""

    name: str
    label: str
    options: list[tuple[str, str, bool]]


@dataclass(frozen=True)
class Tab:
    """A state with how many there are in it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Listing:
    """What is asked for: the value of each filter by its name, empty where it narrows nothing."""

    asked: dict[str, str]

    @property
    def selects(self) -> list[Select]:
        return [Select(name, label, self._options(name)) for name, label in WORDS.items()]

    @property
    def is_narrowed(self) -> bool:
        return any(self.asked.values())

    def _options(self, name: str) -> list[tuple[str, str, bool]]:
        return [(value, words, value == self.asked[name]) for value, words in CHOICES[name]]

    def rows(self, rows: QuerySet[Operation]) -> QuerySet[Operation]:
        """Those that are asked for in any state."""
        asked = self.asked
        lookups: dict[str, Any] = {}
        if asked["type"]:
            lookups["operation_type"] = asked["type"]
        if asked["since"]:
            lookups["created_at__gte"] = timezone.now() - timedelta(hours=SINCE[asked["since"]][1])
        if asked["priority"]:
            lookups["priority__gte"] = int(asked["priority"])
        if asked["confidence"]:
            lookups["confidence_score__lt"] = float(asked["confidence"])
        rows = rows.filter(**lookups)
        rows = rows.filter(_from(asked["from"])) if asked["from"] else rows
        return search(rows, asked["q"]) if asked["q"] else rows

    def in_state(self, rows: QuerySet[Operation]) -> QuerySet[Operation]:
        """Of ``rows`` those in the state that is asked for, as a list shows them, without the large columns."""
        rows = rows.filter(status=self.asked["status"]) if self.asked["status"] else rows
        return rows.select_related("client").defer(*HEAVY).annotate(asked_by=asked_by(OuterRef("pk")))


def listing(query: QueryDict) -> Listing:
    """What ``query`` asks for. Raises `BadFilter` for a value that is not among the choices."""
    asked = {name: query.get(name, "").strip() for name in (*CHOICES, "from", "q")}
    for name, choices in CHOICES.items():
        if asked[name] and asked[name] not in dict(choices):
            raise BadFilter(f"There is no {name} {asked[name]!r}.")
    return Listing(asked)


def tabs(rows: QuerySet[Operation]) -> list[Tab]:
    """All, and each state that occurs or is usual, with its number."""
    counted = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    states = [Tab(str(value), str(label), counted.get(value, 0)) for value, label in Status.choices]
    return [Tab("", "All", sum(counted.values())), *states]


def asked_by(operation: Any) -> Subquery:
    """Who asked for ``operation``, as its first event says."""
    return Subquery(Event.objects.filter(operation=operation).order_by("id").values("actor")[:1])


def _from(name: str) -> Q | Combinable:
    """Of the client of this name, or asked for by the person of this name."""
    received = Event.objects.filter(operation=OuterRef("pk"), kind=Status.PLANNING, message="Received", actor=name)
    return Q(client__name=name) | (Q(client=None) & Exists(received))


def names() -> list[str]:
    """The clients, to choose one by typing."""
    return list(ApiKey.objects.order_by("name").values_list("name", flat=True)[:MOST_NAMES])
