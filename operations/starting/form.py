"""The form for one way of asking: filled with defaults, with another operation, or with what a person sent."""

import io
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import APIException

from operations.masking.hiding import hidden, tells
from operations.masking.sight import sight
from operations.models import Operation
from operations.parsing import StrictJsonParser
from operations.planning.types import BadParameters
from operations.problem import faults
from operations.problems import as_api_error
from operations.serializers import OperationRequest
from operations.starting.fields import ALL_COUNTIES, NOTHING, Data, Field, Kind, read, spelled, texts
from operations.starting.kinds import GENERAL, OFFERS, PLAN_ONLY, Json, Offer, Way
from workers import counties

PREFIX = "p-"  # before the names of parameters: one of them is called operation_type
ROOM = 50_000  # characters of one of another operation's values


@dataclass(frozen=True)
class Bound:
    """A field with what stands in it and what is wrong with that."""

    field: Field
    name: str
    given: list[str]
    errors: list[str]

    @property
    def id(self) -> str:
        return f"id_{self.name}"

    @property
    def text(self) -> str:
        return self.given[0] if self.given else ""

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Each choice with its label, and whether it is chosen."""
        return [(value, label, value in self.given) for value, label in self.field.choices]

    @property
    def is_touched(self) -> bool:
        """Is there something else in it than where nothing was said?"""
        given = [text for text in self.given if text]
        return bool(self.errors) or given != texts(self.field, self.field.default)

    @property
    def suggested(self) -> list[str]:
        return list(self.field.suggestions())

    @cached_property
    def all_counties(self) -> bool:
        return ALL_COUNTIES in self.given

    @cached_property
    def counties(self) -> list[tuple[str, bool]]:
        """The 67 by the alphabet, each with whether it is chosen."""
        chosen = {spelled(name) for name in self.given}
        return [(name, name in chosen) for name in sorted(county.name for county in counties.COUNTIES)]

    @property
    def unknown(self) -> str:
        """What was typed in and is no county."""
        known = {name for name, _ in self.counties} | {ALL_COUNTIES}
        return ", ".join(name for name in self.given if spelled(name) not in known)


@dataclass
class Form:
    """What a person asks for, as far as he has got. ``errors`` are by the name of the field; "" for the whole."""

    offer: Offer
    way: Way
    data: Data
    errors: dict[str, list[str]] = field(default_factory=dict)
    too_long: frozenset[str] = frozenset()  # the fields that were left out
    masked: frozenset[str] = frozenset()  # those that were left out since they tell of people

    @property
    def usual(self) -> list[Bound]:
        return [bound for bound in self._parameters if not bound.field.rare]

    @property
    def rare(self) -> list[Bound]:
        return [bound for bound in self._parameters if bound.field.rare]

    @property
    def general(self) -> list[Bound]:
        return [self._bound(PLAN_ONLY, PREFIX), *(self._bound(one) for one in GENERAL)]

    @property
    def rare_touched(self) -> bool:
        return any(bound.is_touched for bound in self.rare)

    @property
    def general_touched(self) -> bool:
        return any(bound.is_touched for bound in self.general)

    @property
    def left_out(self) -> list[str]:
        return [bound.field.label for bound in (*self._parameters, *self.general) if bound.name in self.too_long]

    @property
    def left_masked(self) -> list[str]:
        return [bound.field.label for bound in (*self._parameters, *self.general) if bound.name in self.masked]

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Every error with the id of its field."""
        return [(name and f"id_{name}", message) for name, found in self.errors.items() for message in found]

    @property
    def _parameters(self) -> list[Bound]:
        return [self._bound(one, PREFIX) for one in self.way.fields]

    def _bound(self, one: Field, prefix: str = "") -> Bound:
        name = prefix + one.name
        return Bound(one, name, list(self.data.get(name, [])), self.errors.get(name, []))

    def check(self) -> Json | None:
        """What is asked for, checked as the API checks it; None where something is wrong with it."""
        body = self.body()
        if self.errors:
            return None
        try:
            request = OperationRequest(data=_as_received(body))
            request.is_valid(raise_exception=True)
        except (APIException, BadParameters) as error:
            self._blame(as_api_error(error) or APIException(str(error)))
            return None
        return request.validated_data

    def body(self) -> Json:
        """What a program would post. What cannot be read is left out, and is an error of its field."""
        named = {one.name: self._value(one, PREFIX) for one in (*self.way.fields, PLAN_ONLY)}
        general = {one.name: self._value(one) for one in GENERAL}
        parameters = dict(self.way.fixed) | _given(named)
        return {"operation_type": str(self.offer.type), "parameters": parameters, **_given(general)}

    def _value(self, one: Field, prefix: str = "") -> Any:
        try:
            return read(one, self.data.get(prefix + one.name, []))
        except ValueError as error:
            self.errors.setdefault(prefix + one.name, []).append(str(error))
            return NOTHING

    def _blame(self, error: APIException) -> None:
        """Put each fault to the field that it is about."""
        known = {bound.name for bound in (*self._parameters, *self.general)}
        for fault in faults(error):
            path = fault["field"].split(".")
            name = PREFIX + path[1] if path[0] == "parameters" and len(path) > 1 else path[0]
            self.errors.setdefault(name if name in known else "", []).append(fault["message"])


def _given(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not NOTHING}


def _as_received(body: Json) -> Any:
    """``body`` as the API would have read it, with what it refuses."""
    return StrictJsonParser().parse(io.BytesIO(json.dumps(body).encode()))


def empty(offer: Offer, way: Way, given: QueryDict) -> Form:
    """The form with the defaults, and what the address says beside them."""
    return Form(offer, way, _shown(way, {}, {}) | {name: found for name, found in given.lists() if name[:2] == PREFIX})


def like(operation: Operation) -> Form:
    """The form that asks for the same again, but for what is too long for a form."""
    offer = OFFERS[operation.operation_type]
    way = offer.way_of(operation.parameters)
    general = {one.name: getattr(operation, one.name) for one in GENERAL}
    defaults = {one.name: False if one.kind == Kind.FLAG else None for one in way.fields}
    shown = _shown(way, defaults | operation.parameters, general)
    too_long, masked = _too_long(shown), _masked(shown, {PREFIX: operation.parameters, "": general})
    left = {name: given for name, given in shown.items() if name not in too_long | masked}
    return Form(offer, way, left, too_long=too_long, masked=masked)


def _masked(shown: Data, values: Json) -> frozenset[str]:
    """The fields with values that tell of people, where who looks does not see them now. They are noted as hidden."""
    found = set()
    for prefix, given in values.items():
        for name, value in given.items():
            if prefix + name in shown and tells(value, name):
                hidden(value, name)
                found.add(prefix + name)
    return frozenset() if sight().is_open else frozenset(found)


def _too_long(shown: Data) -> frozenset[str]:
    """The fields whose values are longer than what there is room for."""
    return frozenset(name for name, given in shown.items() if sum(map(len, given)) > ROOM)


def sent(data: QueryDict) -> Form | None:
    """What a person sent; None where it is for nothing that is offered."""
    offer = OFFERS.get(data.get("type", ""))
    return Form(offer, offer.way(data.get("way", "")), dict(data.lists())) if offer else None


def _shown(way: Way, parameters: Json, general: Json) -> dict[str, list[str]]:
    named = [(PREFIX + one.name, one, parameters) for one in (*way.fields, PLAN_ONLY)]
    named += [(one.name, one, general) for one in GENERAL]
    return {name: texts(one, values.get(one.name, one.default)) for name, one, values in named}
