"""Recording: the one way in which entries come to be. Call it inside the transaction of what it tells of."""

from typing import Any, TypedDict, Unpack

from django.db import models

from operations.audit import acting
from operations.audit.models import Entry
from workers.masking import masked, told

LONGEST_REASON = 2_000
CHANGED = "(changed)"  # what stands for a value that must not be kept

Json = dict[str, Any]


class Said(TypedDict, total=False):
    """What an entry may say besides what was done to what: see `made`."""

    before: Json | None
    after: Json | None
    operation: str
    reason: str
    actor: acting.Actor | None
    source: str | None


def record(action: str, target: models.Model | tuple[str, Any] | None = None, **said: Unpack[Said]) -> Entry:
    """Write down that ``action`` was done to ``target`` (a row, or its kind and id)."""
    entry = made(action, target, **said)
    entry.save(force_insert=True)
    return entry


def made(
    action: str,
    target: models.Model | tuple[str, Any] | None = None,
    *,
    before: Json | None = None,
    after: Json | None = None,
    operation: str = "",
    reason: str = "",
    actor: acting.Actor | None = None,
    source: str | None = None,
) -> Entry:
    """An entry that is not saved yet.

    Who acts and from where is that of the request, unless an ``actor`` is given. ``before`` and ``after`` hold what
    changed, without names, rows or secrets; whatever looks like one is masked, and so it is in the ``reason``.
    """
    doer = actor or acting.who()
    address, request_id = acting.whence()
    kind, key = _named(target)
    return Entry(
        actor_kind=doer.kind,
        actor_id=doer.id[:40],
        action=action,
        target_kind=kind[:40],
        target_id=_clean(key)[:100],
        before=_kept(before),
        after=_kept(after),
        address=_clean(address)[:64],
        request_id=_clean(request_id)[:128],
        operation_id=operation or (key if kind == "operation" else ""),
        reason=masked(_clean(reason[:LONGEST_REASON])),
        source=source,
    )


def _named(target: models.Model | tuple[str, Any] | None) -> tuple[str, str]:
    if target is None:
        return "", ""
    kind, key = (target._meta.model_name, target.pk) if isinstance(target, models.Model) else target
    return str(kind), str(key)


def _kept(values: Json | None) -> Json | None:
    return None if values is None else {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    """A value that JSON has, masked by its shape; whose field is meant for the trail is kept by value."""
    kept = told("", value)
    return kept.isoformat() if hasattr(kept, "isoformat") else _clean(kept) if isinstance(kept, str) else kept


def _clean(text: str) -> str:
    """``text`` as every database takes it: no NUL, no half of a surrogate pair."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
