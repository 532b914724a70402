"""Filters of the console's templates, over operations.showing."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html

from operations import showing
from operations.masking import hiding

register = template.Library()

MARGIN = 200  # characters beyond those that are shown: a value that was cut in two would not be known any more

register.filter("visible", lambda text: showing.visible(hiding.text(text)))
register.filter("duration", showing.duration)
register.filter("listed", showing.listed)
register.filter("pretty", showing.pretty)
register.filter("dollars", showing.dollars)
register.filter("thousands", lambda number: f"{number:,}")


@register.filter
def briefly(text: Any, limit: int) -> str:
    """A text of anybody's without what tells of people, made visible and cut to ``limit`` characters."""
    words = str(text)
    if len(words) <= limit + MARGIN:
        return showing.shortened(showing.visible(hiding.text(words)), limit)
    head = hiding.text(words[: limit + MARGIN])[:-MARGIN]
    return f"{showing.visible(head)[:limit]}… ({len(words) - limit:,} more characters)"


@register.filter
def percent(share: Any) -> str:
    """0.873 as "87 %"; empty for what is no number."""
    return f"{share:.0%}".replace("%", " %") if isinstance(share, int | float) else ""


@register.simple_tag
def ago(moment: datetime | None) -> str:
    """How long ago ``moment`` was; concord.js keeps it counting. The exact time is in its title."""
    if moment is None:
        return ""
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html(
        '<time datetime="{}" title="{}" data-age>{}</time>', moment.isoformat(), exact, showing.age(moment)
    )
