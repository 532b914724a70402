"""Filters and addresses for the pages about the property data."""

from typing import Any

from django import template

from operations.data.addresses import address_of
from operations.data.search import Found
from workers.counties import BY_NO

register = template.Library()

KINDS = {"NAL": "parcel", "SDF": "parcel, from its sales", "NAP": "account"}
STATES = {"staged": "being loaded", "loaded": "current", "superseded": "superseded", "withdrawn": "withdrawn"}

register.filter("kind_words", lambda kind: KINDS.get(kind, kind))
register.filter("state_words", lambda state: STATES.get(state, state))
register.filter("county_name", lambda number: BY_NO[number].name if number in BY_NO else str(number))


@register.filter("is")
def equals(value: Any, other: Any) -> bool:
    return bool(value == other)


@register.simple_tag
def page_of(found: Found) -> str:
    """The page of what the search found."""
    return address_of(found.kind, found.county_no, found.id)


@register.simple_tag
def page_at(kind: str, county_no: int, identity: str) -> str:
    """The page of a parcel or account by its id."""
    return address_of(kind, county_no, identity)
