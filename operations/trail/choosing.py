"""Which entries are asked for: by who acted, what was done, to what, about which operation, and when."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from operations.audit.models import ActorKind, Entry
from operations.audit.names import NAMED, ids_of

FILTERS = ("actor", "action", "target", "operation", "request")


def chosen(asked: dict[str, str], since: datetime | None = None, until: datetime | None = None) -> QuerySet[Entry]:
    """The entries that ``asked`` names; what is empty or missing narrows nothing.

    ``actor`` is a kind, a kind with an id (`client:7`) or a name; ``action`` a verb or, ending in a dot, all that begin
    so; ``target`` a kind, a kind with an id (`escalation:esc-…`), or a name or id.
    """
    narrowed: list[Q] = []
    if actor := asked.get("actor"):
        narrowed.append(_actor(actor))
    if action := asked.get("action"):
        narrowed.append(Q(action__startswith=action) if action.endswith(".") else Q(action=action))
    if target := asked.get("target"):
        narrowed.append(_target(target))
    exact: dict[str, Any] = {"operation_id": asked.get("operation"), "request_id": asked.get("request")}
    exact |= {"at__gte": since, "at__lt": until}
    return Entry.objects.filter(*narrowed, **{name: value for name, value in exact.items() if value})


def _actor(text: str) -> Q:
    kind, _, key = text.partition(":")
    if kind in ActorKind.values:
        return Q(actor_kind=kind, actor_id=key) if key else Q(actor_kind=kind)
    people = Q(actor_kind=ActorKind.PERSON, actor_id__in=ids_of("person", text))
    return people | Q(actor_kind=ActorKind.CLIENT, actor_id__in=ids_of("client", text))


def _target(text: str) -> Q:
    kind, colon, key = text.partition(":")
    if colon:
        return Q(target_kind=kind, target_id__in=ids_of(kind, key) if kind in NAMED else [key])
    named = Q(target_kind=text) | Q(target_id=text)
    for kind in ("user", "apikey", "group"):
        named |= Q(target_kind=kind, target_id__in=ids_of(kind, text))
    return named
