"""Plans that a model made and that proved themselves."""

from django.db import models
from django.utils import timezone

from operations.states import OperationType


class PlanCache(models.Model):
    """A plan as the model wrote it, with placeholders for the parameters.

    It is kept from the moment it is made, and used again once an operation ran to its end with it.
    """

    key = models.CharField(max_length=64, db_index=True, help_text="Of the question that it answers")
    operation_type = models.CharField(max_length=32, choices=OperationType)
    goal = models.TextField(blank=True, help_text="In words, for a custom operation")
    lines = models.JSONField(help_text="A step each")
    model = models.CharField(max_length=100)
    hits = models.PositiveIntegerField(default=0, help_text="Operations that were planned with it since")
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now, db_index=True)
    proven_at = models.DateTimeField(null=True, blank=True, help_text="Empty: no operation has completed with it yet")

    class Meta:
        verbose_name = "cached plan"

    def __str__(self) -> str:
        return f"{self.operation_type} {self.key[:8]}"
