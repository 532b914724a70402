"""Filters of the pages of logging in."""

import math

from django import template

register = template.Library()


@register.filter
def waiting(seconds: float) -> str:
    """How long to wait, such as "40 seconds" or "10 minutes"; never less than it is."""
    if seconds <= 90:
        return f"{math.ceil(seconds)} second{'' if math.ceil(seconds) == 1 else 's'}"
    return f"{math.ceil(seconds / 60)} minutes"
