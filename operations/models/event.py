"""The history of an operation."""

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """One line of an operation's history. Never changed, never deleted."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=32, help_text="The status moved to, or what happened to a step")
    message = models.TextField(blank=True)
    actor = models.CharField(max_length=150, blank=True, help_text="Who did it; empty: Concord itself")
    data = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind
