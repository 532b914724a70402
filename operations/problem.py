"""An error with a status of its own, and what an error says field by field."""

from collections.abc import Iterator
from typing import Any

from rest_framework import exceptions

Json = dict[str, Any]


class Problem(exceptions.APIException):
    """An error with a status of its own; ``field`` is the path of the one at fault, ``more`` extends the document."""

    wait: int | None = None  # seconds, for Retry-After

    def __init__(self, status: int, detail: str, *, field: str = "", more: Json | None = None):
        super().__init__({field: [detail]} if field else detail)
        self.status_code = status
        self.more = more or {}


def faults(error: exceptions.APIException) -> list[Json]:
    """What ``error`` says, as a list of ``{"field", "message"}``; the field is empty where none is at fault."""
    return list(_errors(error.detail))


def _errors(detail: Any, field: str = "") -> Iterator[Json]:
    """DRF's nested details as a flat list of ``{"field": "parameters.counties", "message": …}``."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _errors(inner, field if name == "non_field_errors" else f"{field}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _errors(inner, field)
    else:
        yield {"field": field, "message": str(detail)}
