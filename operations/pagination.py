"""Lists in pages that stay right while rows are added: `{next, previous, results}`."""

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class CursorPages(CursorPagination):
    """Pages of 50, or of ``limit`` up to 200."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise ValidationError({"cursor": ["No cursor: take next or previous from an earlier answer."]}) from error


class NewestFirst(CursorPages):
    ordering = ("-created_at", "-id")


class OldestFirst(CursorPages):
    ordering = ("created_at", "id")


class AsItHappened(CursorPages):
    ordering = ("id",)
