"""`{% value x %}`: JSON as something worth looking at. `{{ x|in_short }}`: the same in a line."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from operations import values

register = template.Library()

register.filter("in_short", lambda value: values.in_short(value))


@register.simple_tag
def value(given: Any, nodes: int = values.NODES) -> SafeString:
    """``given`` as tables and words, with at most about ``nodes`` values."""
    return values.shown(given, nodes)


@register.simple_tag
def table(rows: list[Any], most: int = values.ROWS, caption: str = "") -> SafeString:
    """A list of objects as a table of the first ``most``."""
    return values.table_of(rows, most=most, caption=caption)
