"""What the frame of every console page shows of the review queue."""

from typing import Any

from django import template

from escalations.counts import Counts, counts
from operations.access import may_look, may_open_admin

register = template.Library()


@register.filter
def opens_admin(user: Any) -> bool:
    """Is there something for this person in the admin?"""
    return may_open_admin(user)


@register.simple_tag(takes_context=True)
def console_counts(context: dict[str, Any]) -> Counts | None:
    """The numbers in the navigation; None for whom the console is closed."""
    user = getattr(context.get("request"), "user", None)
    return counts(user) if may_look(user) else None
