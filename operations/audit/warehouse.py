"""Acts of people on the warehouse, which is another database: releases withdrawn and put back, rules switched.

They are written down there, in the transaction of the act. From there they come into the trail: at once, with the
address and the request, and where the process died in between by the sweeper. Each comes once.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_save

from operations.audit import acting
from operations.audit.models import ActorKind, Entry
from operations.audit.recording import made
from workers.models import QualityRule, QualityRuleAct, ReleaseAct
from workers.warehouse import ALIAS

LOOKED_AT = 500  # of each kind: people act on releases and rules some times a day
MODELS: tuple[Any, ...] = (ReleaseAct, QualityRuleAct, QualityRule)


def listen() -> None:
    """Begin to listen. Called once, when the apps are ready."""
    for model in MODELS:
        post_save.connect(_saved, sender=model, dispatch_uid=f"audit {model.__name__}")


def catch_up() -> int:
    """Record what was not recorded when it was done. Returns how much that was."""
    number = 0
    for model in MODELS:
        rows = list(model.objects.order_by("-pk")[:LOOKED_AT])
        sources = {_source(row): row for row in rows}
        known = set(Entry.objects.filter(source__in=list(sources)).values_list("source", flat=True))
        for source, row in reversed(sources.items()):
            if source not in known:
                number += _record(row, actor=_person(row), at=row.created_at)
    return number


def _saved(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
    """In the web, where it is known who asks from where. A worker's process may not reach the trail's database."""
    if created and acting.current():
        transaction.on_commit(lambda: _record(instance), using=ALIAS, robust=True)


def _record(row: Any, actor: acting.Actor | None = None, **fields: Any) -> bool:
    action, target, after, reason = _told(row)
    entry = made(action, target, after=after, reason=reason, actor=actor, source=_source(row))
    for name, value in fields.items():
        setattr(entry, name, value)
    return bool(Entry.objects.bulk_create([entry], ignore_conflicts=True))


def _source(row: Any) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def _told(row: Any) -> tuple[str, tuple[str, Any], dict[str, Any], str]:
    match row:
        case ReleaseAct():
            return f"release.{row.kind}", ("release", row.release_id), {"current": row.current}, row.reason
        case QualityRuleAct():
            return f"rule.{row.kind}", ("qualityrule", row.rule_id), {}, ""
        case _:
            after = {"dataset": row.dataset, "rule": row.name, "version": row.version}
            return "rule.create", ("qualityrule", row.pk), after, ""


def _person(row: Any) -> acting.Actor:
    name = getattr(row, "who", None) or getattr(row, "created_by", "")
    accounts: Any = get_user_model()._default_manager
    pk = accounts.filter(username=name).values_list("pk", flat=True).first()
    return acting.Actor(ActorKind.PERSON, str(pk) if pk else "")
