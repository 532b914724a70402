"""Serializers that take JSON at its word: a name that is not known is refused, and "5" is not 5."""

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses the fields that it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({name: [f"There is no {name!r} here, only {known}."] for name in unknown})
        return super().to_internal_value(data)


def refuse_query(request: Request, *known: str) -> None:
    """Refuse a query parameter that is none of ``known``, by name."""
    names = ", ".join(known) or "none"
    if unknown := [name for name in request.query_params if name not in known]:
        raise serializers.ValidationError({name: [f"There is no {name!r} here, only {names}."] for name in unknown})


class Whole(serializers.IntegerField):
    """A JSON integer."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Truth(serializers.BooleanField):
    """A JSON true or false."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Moment(serializers.DateTimeField):
    """A time within the years that can be reckoned with: a month before the first of all times is none."""

    YEARS = range(1900, 3000)

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if moment.year not in self.YEARS:
            self.fail("overflow")
        return moment


class Text(serializers.CharField):
    """A JSON string."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
