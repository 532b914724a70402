"""Reads the conditions of a question: what it says of a field, and what it compares without naming one."""

from dataclasses import dataclass
from typing import cast

from workers import counties as florida
from workers.ai_ml.chat.drafting import Draft
from workers.ai_ml.chat.fields import Dataset, Field
from workers.ai_ml.chat.reading import NotUnderstood, Reader, Unknown
from workers.ai_ml.chat.values import Operator

TIMES = frozenset({"after", "since", "from", "before", "until"})
COPULAS = frozenset({"is", "are", "was"})
YEARS = range(1900, 2101)


@dataclass
class Comparer:
    """Reads conditions from where the reader is, into the draft."""

    reader: Reader
    draft: Draft

    @property
    def dataset(self) -> Dataset:
        return self.draft.dataset

    def of_field(self, field: Field) -> bool:
        """Read what is said of the field. False, with nothing read, if that is nothing."""
        before = self.reader.at
        operator = self._operators()
        self.reader.skip("filler")
        if self._joint(field) == "between":
            self._span(field)
            return True
        operator = operator or self._operators()
        if self.value(field, operator or "equals"):
            return True
        if operator not in (None, "equals"):
            raise NotUnderstood(f"{field.label!r} has no value to compare with")
        self.reader.at = before
        return False

    def _joint(self, field: Field) -> str:
        """Read a "between" or "in" that leads to the field's values: "built in 2000", but not "use codes in Duval"."""
        found = self.reader.peek()
        if not found or found[0].role not in ("between", "in"):
            return ""
        if found[0].role == "in" and field.kind not in ("year", "date", "county"):
            return ""
        self.reader.at += found[1]
        return found[0].role

    def _operators(self) -> Operator | None:
        """The operator that comes next; of "is over" the last one."""
        operator = None
        while (found := self.reader.peek()) and found[0].role == "operator":
            operator = found[0].meaning
            self.reader.at += found[1]
        return operator

    def value(self, field: Field, operator: Operator) -> bool:
        """Add a condition with the values that come next. False if there is none."""
        if operator == "is_blank":
            self.draft.add(field.name, operator, None)
            return True
        values = self.reader.values(field)
        if not values:
            return False
        if field.year and not isinstance(values[0], str):
            field = self.dataset.by_name[field.year]
        if len(values) == 1:
            self.draft.add(field.name, operator, values[0])
        elif operator == "equals":
            self.draft.add(field.name, "in", [*values])
        else:
            raise NotUnderstood(f"{field.label!r} may have several values only where it is one of them")
        return True

    def _span(self, field: Field) -> None:
        """Both ends of "between … and …"."""
        for operator in ("at_least", "at_most"):
            self.reader.skip("filler", "and")
            token = self.reader.token
            if token.kind not in ("number", "day"):
                raise NotUnderstood("between takes two values, such as between 100k and 200k")
            self.reader.at += 1
            name = field.year if field.year and token.kind == "number" else field.name
            self.draft.add(name, cast(Operator, operator), token.text if token.kind == "day" else token.number)

    def alone(self, operator: Operator, said: str) -> None:
        """A comparison without a field: of the year after a word of time, else of the amount."""
        if said in COPULAS:
            return
        self.reader.skip("filler")
        token = self.reader.token
        if token.kind not in ("number", "day"):
            raise NotUnderstood(f"{said!r} has nothing to compare with")
        if not self.value(self._meant(is_time=said in TIMES), operator):
            raise Unknown(token)

    def span_alone(self) -> None:
        """A "between" without a field."""
        self.reader.skip("filler")
        self._span(self._meant(is_time=True))

    def _meant(self, *, is_time: bool) -> Field:
        """The field that is meant where none is named. Raises `NotUnderstood`."""
        token = self.reader.token
        if token.kind == "day" and "filed" in self.dataset.by_name:
            return self.dataset.by_name["filed"]
        by_year = is_time and token.is_plain and token.number in YEARS
        name = self.dataset.when if by_year else self.draft.amount or self.dataset.amount
        if not name:
            raise NotUnderstood(
                f"{token.text[:40]!r}: of which field? {self.dataset.nouns[1].capitalize()} have no amount"
            )
        return self.dataset.by_name[name]

    def within(self) -> None:
        """What comes after "in": a year, a county, a city of companies; a field with a value is read as any other."""
        self.reader.skip("filler")
        found = self.reader.peek()
        if self.reader.token.kind == "number" and self.dataset.when:
            field = self.dataset.by_name[self.dataset.when]
        elif found and found[0].role in ("field", "flag") and not self._is_county():
            return
        elif place := self.dataset.by_name.get("county") or self.dataset.by_name.get("city"):
            field = place
        else:
            raise Unknown(self.reader.token)
        if not self.value(field, "equals"):
            raise NotUnderstood(self._no_place())

    def _is_county(self) -> bool:
        before = self.reader.at
        found = self.reader.county()
        self.reader.at = before
        return found is not None

    def _no_place(self) -> str:
        """What is wrong with a place: the nearest county, and how to ask of a city."""
        said = self.reader.token.text[:40]
        try:
            florida.find(said)
        except florida.UnknownCounty as unknown:
            words = str(unknown) if str(unknown).endswith("?") else f"{unknown}."
            return f"{words} For a city say city {said}." if "city" in self.dataset.by_name else words
        return f"{said!r} is no place or year"
