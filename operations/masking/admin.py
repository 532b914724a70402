"""The admin's pages for looking: what tells of people is masked there. The console shows it, and records that."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from operations.masking.hiding import hidden, know, text
from operations.masking.lists import know_operation, know_operations
from operations.masking.sight import Sight, looking
from operations.models import Operation


def mask(rows: Iterable[Any], known: Iterable[str] = ()) -> None:
    """Put marks into rows that are shown and never saved. Each then bears what it told of people, for what is below."""
    for row in rows:
        with looking(Sight(known=set(known))) as eyes:
            _mask(row)
            row.known = eyes.known


def _known(row: Any) -> set[str]:
    """What is known of the operation that one row is, or is about."""
    with looking(Sight()) as eyes:
        if about := _about(row):
            know_operation(about)
    return eyes.known


def _about(row: Any) -> str | None:
    return row.pk if isinstance(row, Operation) else getattr(row, "operation_id", None)


def _mask(row: models.Model) -> None:
    fields = [field for field in row._meta.concrete_fields if field.attname in row.__dict__]
    know(*(getattr(row, field.attname) for field in fields if isinstance(field, models.JSONField)))
    for field in fields:
        value = getattr(row, field.attname)
        if isinstance(field, models.JSONField):
            setattr(row, field.attname, hidden(value, field.name))
        elif isinstance(field, models.TextField | models.CharField) and isinstance(value, str):
            setattr(row, field.attname, text(value))


class MaskedList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        with looking(Sight()) as eyes:
            know_operations(filter(None, map(_about, self.result_list)))
        mask(self.result_list, eyes.known)


class MaskedFormSet(BaseInlineFormSet):
    """Rows below another."""

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if not hasattr(self, "_masked"):
            self._masked = True
            mask(rows, getattr(self.instance, "known", ()))  # evaluates it: these are the rows that are shown
        return rows


class Masked:
    """For a ModelAdmin in which nothing is changed."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MaskedList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if found is not None:
            mask([found], _known(found))
        return found
