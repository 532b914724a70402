"""The names of those who act and of what they act on, looked up when entries are shown."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps

from operations.audit.models import ActorKind, Entry

# Where the name of a kind stands: model, and the field. What is not here is shown by its id.
NAMED = {
    "person": ("auth", "user", "username"),
    "client": ("operations", "apikey", "name"),
    "user": ("auth", "user", "username"),
    "apikey": ("operations", "apikey", "name"),
    "group": ("auth", "group", "name"),
}


def label(entries: Iterable[Entry]) -> None:
    """Give each entry ``actor`` and ``target``, texts with the names as they are now; one query for each kind."""
    rows = list(entries)
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.actor_kind].add(row.actor_id)
        wanted[row.target_kind].add(row.target_id)
    known = {kind: _names(kind, ids) for kind, ids in wanted.items() if kind in NAMED}
    for row in rows:
        row.actor = _actor(row, known)  # type: ignore[attr-defined]
        name = known.get(row.target_kind, {}).get(row.target_id, "")
        row.target = name or row.target_id  # type: ignore[attr-defined]


def _actor(row: Entry, known: dict[str, dict[str, str]]) -> str:
    if row.actor_kind not in (ActorKind.PERSON, ActorKind.CLIENT):
        return str(row.get_actor_kind_display())
    return known[row.actor_kind].get(row.actor_id) or f"{row.actor_kind} {row.actor_id} (gone)"


def _names(kind: str, ids: set[str]) -> dict[str, str]:
    app, model, field = NAMED[kind]
    numbers = [number for number in ids if number.isdecimal()]
    found: Any = apps.get_model(app, model)._default_manager.filter(pk__in=numbers).values_list("pk", field)
    return {str(pk): name for pk, name in found}


def ids_of(kind: str, name: str) -> list[str]:
    """The ids of what is called so now; an id finds itself."""
    app, model, field = NAMED[kind]
    rows: Any = apps.get_model(app, model)._default_manager.filter(**{field: name}).values_list("pk", flat=True)
    return [str(pk) for pk in rows] or [name]
