"""What the templates need of comments and notices."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from escalations.models import Comment
from escalations.talk.notices import unread
from escalations.talk.talk import MENTION, meant
from operations.access import may_look
from operations.masking.hiding import text
from operations.showing import visible

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context: dict[str, Any]) -> int:
    """How many notices wait for who looks at the page."""
    user = getattr(context.get("request"), "user", None)
    return unread(user.get_username()) if user and may_look(user) else 0


@register.filter
def with_mentions(comment: Comment) -> SafeString:
    """The comment's text, made visible, with the people whom it calls marked."""
    pieces, end = [], 0
    for found in MENTION.finditer(comment.text):
        if name := meant(found[1], comment.mentions):
            pieces += [(visible(text(comment.text[end : found.start()])), name)]
            end = found.start() + 1 + len(name)
    marked = format_html_join("", '{}<strong class="mention"><bdi>@{}</bdi></strong>', pieces)
    return format_html("{}{}", marked, visible(text(comment.text[end:])))
