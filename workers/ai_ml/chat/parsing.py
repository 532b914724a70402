"""Parses a question about one dataset: phrase by phrase, each by its role, until nothing is left of it."""

from collections.abc import Callable, Mapping
from typing import Any

from workers.ai_ml.chat.comparing import YEARS, Comparer
from workers.ai_ml.chat.drafting import Draft, Top
from workers.ai_ml.chat.fields import NUMBERS, Dataset, Field
from workers.ai_ml.chat.query import MOST_ROWS, Function, Query, check
from workers.ai_ml.chat.reading import NotUnderstood, Reader, Unknown
from workers.ai_ml.chat.values import BadQuery
from workers.ai_ml.chat.words import VERBS, Phrase, Token


class Parser:
    """Reads a question from its beginning to its end, once."""

    def __init__(self, tokens: list[Token], dataset: Dataset):
        self.dataset = dataset
        self.reader = Reader(tokens, dataset)
        self.draft = Draft(dataset)
        self.comparer = Comparer(self.reader, self.draft)
        self.said = ""  # the phrase that was just read

    def parse(self, limit: int) -> Query:
        """The query of the whole question. Raises `NotUnderstood`."""
        while self.reader.token.kind != "end":
            if found := self.reader.peek():
                self._take(*found)
            elif self.reader.token.kind == "number":
                self._number()
            else:
                raise Unknown(self.reader.token)
        try:
            return check(self.draft.query(limit))
        except BadQuery as bad:
            raise NotUnderstood(str(bad)) from bad

    def _take(self, phrase: Phrase, count: int) -> None:
        read = self.reader.tokens[self.reader.at : self.reader.at + count]
        self.said = " ".join(token.text.lower() for token in read)
        self.reader.at += count
        ROLES[phrase.role](self, phrase.meaning)

    def _nothing(self, meaning: Any) -> None:
        """Words that only hold the others together."""

    def _dataset(self, name: str) -> None:
        if name != self.dataset.name:
            raise NotUnderstood(f"it asks about {self.dataset.name} and about {name}; ask about one of them")

    def _figure(self, function: Function) -> None:
        if function in ("max", "min") and (self.draft.limit or self.reader.token.is_plain):  # "highest 10"
            self._top("descending" if function == "max" else "ascending")
        else:
            self.draft.figure(function)

    def _top(self, top: Top) -> None:
        self.draft.top = top
        if self.reader.token.is_plain:
            self._rows(int(self.reader.token.number))

    def _rows(self, number: int) -> None:
        if not 1 <= number <= MOST_ROWS:
            raise NotUnderstood(f"it asks for {number} rows; ask for 1 to {MOST_ROWS}")
        self.draft.limit = number
        self.reader.at += 1

    def _number(self) -> None:
        """A number without a field: a year, or how many rows."""
        token = self.reader.token
        if not token.is_plain or self.draft.limit:
            raise Unknown(token)
        if token.number in YEARS and self.dataset.when:
            self.comparer.value(self.dataset.by_name[self.dataset.when], "equals")
        else:
            self._rows(int(token.number))

    def _field(self, name: str) -> None:
        field = self.dataset.by_name[name]
        self.draft.named.add(name)
        found = self.reader.peek()
        if found and found[0].role == "flag" and found[0].meaning[0] == name:  # "use code single family"
            return
        if self.draft.function not in (None, "count") and not self.draft.amount:
            self.draft.amount = name
        elif not self.comparer.of_field(field):
            self._mention(field)

    def _mention(self, field: Field) -> None:
        """A field of which nothing is said: a group of "top 5 counties", else something to show."""
        if self.draft.top and field.may("group_by") and not self.draft.group_by:
            self.draft.group_by.append(field.name)
        elif self.said not in VERBS:
            self.draft.select.append(field.name)

    def _flag(self, condition: Any) -> None:
        self.draft.add(*condition)

    def _operator(self, operator: Any) -> None:
        self.comparer.alone(operator, self.said)

    def _between(self, meaning: Any) -> None:
        self.comparer.span_alone()

    def _in(self, meaning: Any) -> None:
        self.comparer.within()

    def _by(self, meaning: Any) -> None:
        """Groups, an order, or the figure that groups are ordered by."""
        while True:
            self.reader.skip("filler")
            if (found := self.reader.peek()) and found[0].role in ("figure", "dataset"):
                return
            self._arrange(self._next_field())
            joint = self.reader.peek()
            if not joint or joint[0].role != "and" or not self._is_field(self.reader.at + joint[1]):
                return
            self.reader.at += joint[1]

    def _is_field(self, at: int) -> bool:
        before, self.reader.at = self.reader.at, at
        found = self.reader.peek()
        self.reader.at = before
        return bool(found and found[0].role == "field")

    def _next_field(self) -> Field:
        found = self.reader.peek()
        if not found or found[0].role != "field":
            if self.reader.token.kind == "end" or found:
                raise NotUnderstood(f"{self.said!r} takes a field, such as {self.dataset.shown[-1].replace('_', ' ')}")
            raise Unknown(self.reader.token)
        self.reader.at += found[1]
        return self.dataset.by_name[found[0].meaning]

    def _arrange(self, field: Field) -> None:
        """Group by the field, or put the rows in its order where rows are asked for or it makes no groups."""
        field = self.dataset.by_name[field.year or field.name]
        self.draft.named.add(field.name)
        is_order = self.draft.top and not self.draft.function and not self.draft.group_by
        if field.may("group_by") and not is_order:
            self.draft.group_by.append(field.name)
        elif self.draft.group_by or self.draft.function or not (is_order or field.kind in NUMBERS):
            raise NotUnderstood(f"it cannot be grouped by {field.label}")
        else:
            self.draft.order_by = field.name

    def _without(self, meaning: Any) -> None:
        self.reader.skip("filler")
        self.draft.add(self._next_field().name, "is_blank", None)


ROLES: Mapping[str, Callable[[Parser, Any], None]] = {
    "dataset": Parser._dataset,
    "field": Parser._field,
    "flag": Parser._flag,
    "figure": Parser._figure,
    "top": Parser._top,
    "operator": Parser._operator,
    "between": Parser._between,
    "in": Parser._in,
    "by": Parser._by,
    "without": Parser._without,
    "and": Parser._nothing,
    "filler": Parser._nothing,
}
