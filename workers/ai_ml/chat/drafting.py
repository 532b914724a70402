"""The query of a question while it is being read, and what it becomes with all that the question left unsaid."""

from dataclasses import dataclass, field
from typing import Literal

from workers.ai_ml.chat.fields import Dataset
from workers.ai_ml.chat.query import VALUE, Condition, Function, Order, Query
from workers.ai_ml.chat.reading import NotUnderstood
from workers.ai_ml.chat.values import Operator, Value

Top = Literal["", "descending", "ascending", "newest", "oldest"]


@dataclass
class Draft:
    """The parts of the query as far as the question has been read; ``named``: the fields that it names."""

    dataset: Dataset
    named: set[str] = field(default_factory=set)
    select: list[str] = field(default_factory=list)
    where: list[Condition] = field(default_factory=list)
    group_by: list[str] = field(default_factory=list)
    function: Function | None = None
    amount: str = ""
    top: Top = ""
    order_by: str = ""
    limit: int | None = None

    def add(self, name: str, operator: Operator, value: Value) -> None:
        self.named.add(name)
        self.where.append({"field": name, "op": operator, "value": value})

    def figure(self, function: Function) -> None:
        """Ask for this figure. Raises `NotUnderstood` if there is one; "total number of" is one."""
        if self.function and (self.function, function) != ("sum", "count"):
            raise NotUnderstood(f"it asks for two figures, {self.function} and {function}; ask for one")
        self.function = function

    def query(self, limit: int) -> Query:
        """The whole query, not checked. Raises `NotUnderstood`."""
        function = self.function or ("count" if self.group_by else None)
        amount = self.amount or self.dataset.amount
        if function and self.select:
            label = self.dataset.by_name[self.select[0]].label
            raise NotUnderstood(f"what of {label!r}? Give it a value, or ask by {label}")
        if function not in (None, "count") and not amount:
            raise NotUnderstood(f"it does not say of what the {function} is; name a field")
        return {
            "dataset": self.dataset.name,
            "select": self.select,
            "where": self.where,
            "group_by": self.group_by,
            "aggregate": {"function": function, "field": None if function == "count" else amount} if function else None,
            "order": self._order(),
            "limit": self.limit or limit,
        }

    def _order(self) -> Order | None:
        """Groups come with the largest figure first, but years and months in their order."""
        rises = self.top in ("ascending", "oldest")
        if self.group_by:
            in_time = not self.top and (self.group_by[0] == "sale_month" or "year" in self.group_by[0])
            return {"by": self.group_by[0] if in_time else VALUE, "descending": not (rises or in_time)}
        by = self.order_by or self._usual_order()
        if not by:
            return None
        sorts_down = self.dataset.by_name[by].kind in ("money", "number", "year", "date")
        return {"by": by, "descending": not rises if self.top else sorts_down}

    def _usual_order(self) -> str:
        if self.top in ("newest", "oldest"):
            return "filed" if "filed" in self.dataset.by_name else self.dataset.when
        return self.dataset.amount if self.top else ""
