"""What may be set per operation type in the admin."""

import time
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from operations.states import OperationType, Planner

FRESH = 2.0  # seconds

_known: "dict[str, TypeSetting]" = {}
_read_at = -FRESH


def _token_budget() -> "models.PositiveIntegerField[int | None, int | None]":
    words = "Tokens for an operation; 0: no limit; empty: as the environment says"
    return models.PositiveIntegerField(null=True, blank=True, help_text=words)


class TypeSetting(models.Model):
    """Overrides for one operation type; what is left empty follows the environment."""

    operation_type = models.CharField(primary_key=True, max_length=32, choices=OperationType)
    confidence_threshold = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Below it a person is asked; 0 to 1",
    )
    planner = models.CharField(
        max_length=16,
        blank=True,
        choices=[(planner.value, planner.label) for planner in (Planner.RULES, Planner.REWOO, Planner.REACT)],
        help_text="Who makes the plans; empty: by ENABLE_REWOO_PLANNING where a model is configured, else rules",
    )
    token_budget_planning = _token_budget()
    token_budget_stepping = _token_budget()
    token_budget_context = _token_budget()
    token_budget_execution = _token_budget()
    token_budget_validation = _token_budget()
    show_plan = models.BooleanField(default=False, help_text="Show each plan to a person before it runs")
    judge = models.BooleanField(
        null=True,
        blank=True,
        help_text="Ask a model for its opinion of the results; unknown: as ENABLE_JUDGE says",
    )

    two_approvals = models.BooleanField(
        default=False, db_default=False, help_text="A destructive action runs only once two people have approved it"
    )

    def __str__(self) -> str:
        return self.operation_type

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        forget()
        return deleted

    def token_budget(self, purpose: str) -> int | None:
        """The tokens that an operation of this type may spend for ``purpose``; None: as the environment says."""
        return getattr(self, f"token_budget_{purpose}", None)


def type_setting(operation_type: str) -> TypeSetting:
    """What is set for this type, as read at most two seconds ago; all empty where nothing is."""
    global _read_at
    now = time.monotonic()
    if now - _read_at > FRESH:
        _known.clear()
        _known.update({row.operation_type: row for row in TypeSetting.objects.all()})
        _read_at = now
    return _known.get(operation_type) or TypeSetting(operation_type=operation_type)


def forget() -> None:
    """Read the settings anew next time."""
    global _read_at
    _read_at = -FRESH


def confidence_threshold(operation_type: str) -> float:
    """Below this a result of this type goes to a person."""
    threshold = type_setting(operation_type).confidence_threshold
    return settings.CONFIDENCE_THRESHOLD if threshold is None else threshold


def judge_enabled(operation_type: str) -> bool:
    """Is a model asked for its opinion of the results of this type?"""
    judge = type_setting(operation_type).judge
    return settings.ENABLE_JUDGE if judge is None else judge
