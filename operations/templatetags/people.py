"""Parts of pages that tell of people: what is masked in them is shown when it is asked for, alone or all at once."""

import hashlib
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from operations.masking import hiding, purposes
from operations.masking.grants import QUERY
from operations.masking.sight import part, sight

register = template.Library()


@register.filter
def personal(value: Any, field: str) -> Any:
    """A value of ``field``, or its mark where it tells of a person and may not be seen now."""
    return hiding.personal(value, field)


@register.filter
def record_of(given: Any, is_party: Any) -> Any:
    """A record of a question; all of it tells of somebody where it is a party that is held against another."""
    return hiding.record(given) if is_party else hiding.hidden(given)


class Part(template.Node):
    """`{% people "question" key %}…{% endpeople %}`: where something inside is masked, a button that shows it."""

    def __init__(self, words: FilterExpression, key: FilterExpression | None, nodelist: NodeList):
        self.words, self.key, self.nodelist = words, key, nodelist

    def render(self, context: template.Context) -> SafeString:
        words = str(self.words.resolve(context))
        name = words.replace(" ", "-")
        if self.key:
            key = str(self.key.resolve(context))
            name = f"{name}-{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:10]}"
        with part(name) as met:
            inner = self.nodelist.render(context)
        if not (met.hidden or met.seen):
            return inner
        return format_html(
            '<div class="people" id="people-{}" data-people{}>{}{}</div>',
            name,
            " data-shown" if met.seen else "",
            inner,
            _button(name, words, key if self.key else "") if met.hidden and sight().may_ask else "",
        )


def _button(name: str, words: str, key: str) -> SafeString:
    return format_html(
        '<button class="quiet show" form="reveal" name="part" value="{}">Show<span class="unseen"> values of people:'
        " {} {}</span></button>",
        name,
        words,
        hiding.text(key)[:60],
    )


@register.tag("people")
def people(parser: Parser, token: Token) -> Part:
    _, words, *key = token.split_contents()
    nodelist = parser.parse(("endpeople",))
    parser.delete_first_token()
    return Part(parser.compile_filter(words), parser.compile_filter(key[0]) if key else None, nodelist)


class Page(template.Node):
    """`{% people_page %}…{% endpeople_page %}`: before the page, what is asked for all of it."""

    def __init__(self, nodelist: NodeList):
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        inner = self.nodelist.render(context)
        request = context.get("request")
        if request is None or not hasattr(request, "eyes"):
            return inner
        return format_html("{}{}", _bar(context, request), inner)


@register.tag("people_page")
def people_page(parser: Parser, token: Token) -> Page:
    nodelist = parser.parse(("endpeople_page",))
    parser.delete_first_token()
    return Page(nodelist)


def _bar(context: template.Context, request: Any) -> SafeString:
    """The form of all buttons. It is there, if out of sight, also where a later refresh may bring something masked."""
    eyes = sight()
    if not eyes.may_ask:
        return render_to_string("console/_people.html", {"eyes": eyes})
    app = request.resolver_match.app_name if request.resolver_match else ""
    usual = purposes.USUAL.get(app, purposes.OFFERED[1])
    last = purposes.remembered(request.session, ":".join(eyes.target))
    chosen = last or usual
    offered = dict.fromkeys([chosen, *purposes.OFFERED])
    told = {"eyes": eyes, "page": _page(eyes.page), "purposes": offered, "chosen": chosen}
    return render_to_string("console/_people.html", told | {"csrf_token": context.get("csrf_token")})


def _page(address: str) -> str:
    """Without what was granted, which the next page does not need."""
    path, _, query = address.partition("?")
    rest = "&".join(pair for pair in query.split("&") if pair and not pair.startswith(f"{QUERY}="))
    return f"{path}?{rest}" if rest else path
