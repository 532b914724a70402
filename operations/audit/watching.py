"""Watching models: whatever saves, updates or deletes a watched one leaves an entry in the same transaction."""

from collections.abc import Callable, Iterable
from functools import cache, wraps
from typing import Any

from django.apps import apps
from django.db import models, router, transaction
from django.db.models.signals import m2m_changed, post_delete

from operations.audit.recording import CHANGED, record
from operations.audit.watched import MEMBERSHIPS, MODELS, Watched

Values = dict[str, Any]


def install() -> None:
    """Begin to watch. Called once, when the apps are ready."""
    for label in MODELS:
        model = apps.get_model(label)
        model.save = _watched_save(model.save)  # signals come after the commit
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"audit {label}")
    for label, field, action in MEMBERSHIPS:
        through = apps.get_model(label)._meta.get_field(field).remote_field.through
        m2m_changed.connect(_membership(action), sender=through, weak=False, dispatch_uid=f"audit {action}")


class WatchedQuerySet(models.QuerySet[Any]):
    """Base of the querysets of watched models: an ``update`` of watched fields is recorded for each row."""

    def update(self, **values: Any) -> int:
        model: Any = self.model
        names = [name for name in _fields(model) if name in values]
        if not names:
            return super().update(**values)
        with transaction.atomic(using=self.db):
            rows = self.select_for_update() if self.db == router.db_for_write(self.model) else self
            before = {row["pk"]: row for row in rows.order_by().values("pk", *names)}
            changed = super().update(**values)
            after = self.model._base_manager.using(self.db).filter(pk__in=before).values("pk", *names)
            for row in after:
                _changed(self.model, row["pk"], before[row["pk"]], row)
        return changed

    update.alters_data = True  # type: ignore[attr-defined]


def _watched_save(save: Callable[..., None]) -> Callable[..., None]:
    @wraps(save)
    def saving(self: models.Model, *args: Any, **kwargs: Any) -> None:
        update_fields = kwargs.get("update_fields")
        names = _touched(type(self), update_fields)
        if not names or _watched(type(self)).changes_nothing(self, update_fields):
            save(self, *args, **kwargs)
            return
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            before = _row(self, names, using)
            save(self, *args, **kwargs)
            after = _row(self, names, using) or {}
            if before is None:
                record(f"{_watched(type(self)).word}.create", self, after=_shown(type(self), after))
            else:
                _changed(type(self), self.pk, before, after)

    return saving


def _row(instance: models.Model, names: Iterable[str], using: str) -> Values | None:
    if instance.pk is None:
        return None
    return type(instance)._base_manager.using(using).filter(pk=instance.pk).values(*names).first()


def _changed(model: type[models.Model], pk: Any, before: Values, after: Values) -> None:
    differs = [name for name in after if name != "pk" and before.get(name) != after[name]]
    if not differs:
        return
    hidden = set(_watched(model).hidden)
    record(
        f"{_watched(model).word}.change",
        (str(model._meta.model_name), pk),
        before={name: before.get(name) for name in differs if name not in hidden},
        after={name: CHANGED if name in hidden else after[name] for name in differs},
    )


def _deleted(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    values = {name: getattr(instance, name) for name in _watched(sender).shown if name in _fields(sender)}
    record(f"{_watched(sender).word}.delete", instance, before=values)


def _membership(action: str) -> Callable[..., None]:
    """Who gets or loses a group or a permission. Of a group it may come from the other side: its members."""

    def changed(sender: Any, instance: Any, action: str, reverse: bool, pk_set: Any, model: Any, **kw: Any) -> None:
        if action not in VERBS:
            return
        ids = set(pk_set) if pk_set is not None else _all_of(sender, instance, model)
        if not ids:
            return
        for owner, others in _pairs(instance, model, ids, reverse):
            named = {VERBS[action]: others}
            given = action == "post_add"
            record(verb, owner, before=None if given else named, after=named if given else None)

    verb = action
    return changed


VERBS = {"post_add": "given", "post_remove": "taken", "pre_clear": "taken"}


def _pairs(instance: Any, model: Any, ids: set[Any], reverse: bool) -> Iterable[tuple[Any, list[str]]]:
    if not reverse:
        yield instance, sorted(map(_name, model._base_manager.filter(pk__in=ids)))
        return
    for pk in sorted(ids):
        yield (str(model._meta.model_name), pk), [_name(instance)]


def _all_of(through: Any, instance: Any, model: Any) -> set[Any]:
    """What a clear takes away."""
    mine, other = instance._meta.model_name, model._meta.model_name
    return set(through._base_manager.filter(**{mine: instance}).values_list(f"{other}_id", flat=True))


def _name(row: Any) -> str:
    return row.codename if hasattr(row, "codename") else str(getattr(row, "name", row.pk))


def _watched(model: type[models.Model]) -> Watched:
    return MODELS[model._meta.label_lower]


@cache
def _fields(model: Any) -> tuple[str, ...]:
    there = {field.name for field in model._meta.concrete_fields}
    return tuple(name for name in _watched(model).fields if name in there)


def _touched(model: type[models.Model], update_fields: Iterable[str] | None) -> list[str]:
    names = _fields(model)
    return list(names) if update_fields is None else [name for name in names if name in set(update_fields)]


def _shown(model: type[models.Model], values: Values) -> Values:
    return {name: values[name] for name in _watched(model).shown if name in values}
