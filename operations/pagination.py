"""Lists in pages that stay right while rows are added: `{next, previous, results}`."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as NoValue
from django.utils.timezone import is_aware
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from operations.fields import Moment, refuse_query


class CursorPages(CursorPagination):
    """Pages of 50, or of ``limit`` up to 200."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self._ordered_by = queryset.model._meta.get_field(self.ordering[0].removeprefix("-"))
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise _no_cursor() from error
        if cursor and cursor.position is not None and not _is_value(self._ordered_by, cursor.position):
            raise _no_cursor()
        return cursor


def _is_value(field: Any, position: object) -> bool:
    """Whether ``position`` can be compared with the field: a cursor is text that anybody may write."""
    try:
        value = field.to_python(position)
    except NoValue:
        return False
    return not isinstance(value, datetime) or (is_aware(value) and value.year in Moment.YEARS)


def _no_cursor() -> ValidationError:
    return ValidationError({"cursor": ["No cursor: take next or previous from an earlier answer."]})


class NewestFirst(CursorPages):
    ordering = ("-created_at", "-id")


class OldestFirst(CursorPages):
    ordering = ("created_at", "id")


class AsItHappened(CursorPages):
    """Of lists that have no filters."""

    ordering = ("id",)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        refuse_query(request, self.cursor_query_param, "limit")
        return super().paginate_queryset(queryset, request, view)
