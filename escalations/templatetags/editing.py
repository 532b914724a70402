"""What an edit changed, for the pages that show decisions."""

from django import template

from escalations.models import Decision
from operations.argument_forms import Change, changes

register = template.Library()


@register.simple_tag
def edited(decision: Decision) -> list[tuple[str, list[Change]]]:
    """By step: the arguments that the decision changed. Nothing where it is not known what they were before."""
    before = decision.effect.get("before", {})
    found = [(step, changes(before[step], after)) for step, after in decision.edits.items() if step in before]
    return [(step, differences) for step, differences in found if differences]
