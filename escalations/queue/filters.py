"""What narrows the queue: a form that is sent by GET, so that every view of the queue is an address."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from escalations.queue.ordering import ORDERS, URGENT, Order
from operations.conditions import BadValues, Condition, conditions
from operations.showing import shortened, visible
from operations.states import OperationType, Reason

AGE = re.compile(r"(\d{1,4})\s*(m|min|h|d)", re.A)
UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
ME, NOBODY = "me", "nobody"


class AgeField(forms.CharField):
    """A length of time: 30m, 4h, 2d."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=10, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip().lower()
        if not text:
            return None
        match = AGE.fullmatch(text)
        if match is None:
            raise ValidationError(f"“{text}” is no length of time. Write 30m, 4h or 2d.")
        return int(match[1]) * UNITS[match[2]]


class ValuesField(forms.CharField):
    """Conditions on parameters and metadata."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=500, **kwargs)

    def clean(self, value: Any) -> Any:
        try:
            return conditions(super().clean(value))
        except BadValues as error:
            raise ValidationError(str(error)) from error


def _choice(choices: list[tuple[str, str]], label: str, nothing: str = "all") -> forms.ChoiceField:
    wrong = {"invalid_choice": f"“%(value)s” is none of them. Choose one of the list, or {nothing}."}
    words = [("", nothing), *((value, name.lower()) for value, name in choices)]
    return forms.ChoiceField(choices=words, required=False, label=label, error_messages=wrong)


def _percent(label: str) -> forms.IntegerField:
    number = "Write a whole number from 0 to 100."
    wrong = {"invalid": number, "min_value": number, "max_value": number}
    return forms.IntegerField(min_value=0, max_value=100, required=False, label=label, error_messages=wrong)


class QueueFilters(forms.Form):
    """Every filter of the queue, by its name in the address."""

    type = _choice(OperationType.choices, "Type")
    reason = _choice(Reason.choices, "Reason")
    older = AgeField(label="Waits longer than", widget=forms.TextInput(attrs={"placeholder": "4h"}))
    younger = AgeField(label="Waits less than", widget=forms.TextInput(attrs={"placeholder": "2d"}))
    least = _percent("Confidence from %")
    most = _percent("to %")
    assigned = forms.CharField(max_length=150, required=False, label="Assigned to")
    held = forms.CharField(max_length=150, required=False, label="Who is at it")
    values = ValuesField(
        label="Values in parameters and metadata",
        widget=forms.TextInput(attrs={"placeholder": "parameters.counties=Broward metadata.team=alpha"}),
    )
    cause = forms.CharField(max_length=200, required=False, label="Cause", widget=forms.HiddenInput)
    order = forms.ChoiceField(
        choices=[(order.name, order.label) for order in ORDERS.values()],
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": f"Order: there is no “%(value)s”. Choose one of {', '.join(ORDERS)}."},
    )
    group = forms.ChoiceField(
        choices=[("cause", "cause")],
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": "Group: “%(value)s” cannot be grouped by. Write group=cause."},
    )

    def __init__(self, data: QueryDict, *, who: str) -> None:
        super().__init__(data, label_suffix="")
        self.who = who
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    @property
    def ordering(self) -> Order:
        return ORDERS[self.cleaned_data.get("order") or URGENT.name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        least, most = cleaned.get("least"), cleaned.get("most")
        if least is not None and most is not None and least > most:
            self.add_error("least", f"Confidence from {least} to {most} % holds nothing. Exchange the two.")
        return cleaned

    def lookup(self) -> Q:
        """The filters as the database takes them. Only for a valid form."""
        found = Q()
        for name, value in self._given():
            found &= LOOKUPS[name](value, self.who)
        return found

    def chips(self) -> list["Chip"]:
        """The filters that are set, each with the address without it."""
        return [
            Chip(str(self.fields[name].label), self._shown(name), self.address({name: ""})) for name, _ in self._given()
        ]

    def address(self, changed: dict[str, str] | None = None) -> str:
        """The query string of this view in one certain writing, with ``changed``; empty where nothing is set."""
        query = QueryDict(mutable=True)
        for name in self.fields:
            value = str((changed or {}).get(name, self.data.get(name, ""))).strip()
            if value and not (name == "order" and value == URGENT.name):
                query[name] = value
        return query.urlencode()

    def _given(self) -> Iterator[tuple[str, Any]]:
        for name in LOOKUPS:
            value = self.cleaned_data.get(name)
            if value is not None and value not in ("", []):
                yield name, value

    def _shown(self, name: str) -> str:
        choices = dict(getattr(self.fields[name], "choices", ()))
        text = self.data.get(name, "")
        return shortened(visible(str(choices.get(text, text))), 120)


@dataclass(frozen=True)
class Chip:
    """A filter that is set: what it is called, its value, and the address without it."""

    label: str
    value: str
    without: str


def _person(field: str, name: str, who: str) -> Q:
    name = name.strip()
    return Q(**{field: {ME: who, NOBODY: ""}.get(name, name)})


def _held(name: str, who: str) -> Q:
    """Who is at it now: a claim that ran out is nobody's."""
    in_hand = Q(claimed_until__gt=timezone.now()) & ~Q(claimed_by="")
    return ~in_hand if name.strip() == NOBODY else in_hand & _person("claimed_by", name, who)


def _values(asked: list[Condition], who: str) -> Q:
    found = Q()
    for condition in asked:
        found &= condition.lookup("operation__")
    return found


LOOKUPS: dict[str, Callable[[Any, str], Q]] = {
    "type": lambda value, who: Q(operation__operation_type=value),
    "reason": lambda value, who: Q(reason=value),
    "older": lambda value, who: Q(created_at__lt=timezone.now() - value),
    "younger": lambda value, who: Q(created_at__gt=timezone.now() - value),
    "least": lambda value, who: Q(confidence_score__gte=value / 100),
    "most": lambda value, who: Q(confidence_score__lte=value / 100),
    "assigned": lambda value, who: _person("assigned_to", value, who),
    "held": _held,
    "cause": lambda value, who: Q(cause=value),
    "values": _values,
}
