"""A decision is the answer to an escalation. The first one wins."""

from typing import Self

from django.db import models
from django.utils import timezone

from escalations.models.escalation import Escalation, Kind


class DecisionQuerySet(models.QuerySet["Decision"]):
    def pending(self) -> Self:
        """Those that can be taken back still: nothing has come of them."""
        return self.filter(effective_at__isnull=False, applied_at=None, undone_at=None)


class Decision(models.Model):
    """A person's answer, kept for ever. The same ``decision_id`` again is answered as the first time."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="decisions")
    decision_id = models.CharField(max_length=100, unique=True)
    decision = models.CharField(max_length=16, choices=Kind)
    reason = models.TextField(blank=True)
    edits = models.JSONField(default=dict, blank=True)
    steps = models.JSONField(default=list, blank=True)
    decided_by = models.CharField(max_length=150)
    digest = models.CharField(max_length=64, blank=True)
    effect = models.JSONField(default=dict, blank=True, help_text="What runs again, what is kept, what is skipped")
    batch = models.CharField(max_length=40, blank=True, help_text="Alike for what was decided as one group")
    created_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="When the one who decided had begun")
    effective_at = models.DateTimeField(null=True, blank=True, help_text="Until then it can be taken back")
    applied_at = models.DateTimeField(null=True, blank=True, help_text="When the operation went on by it")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=150, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["decided_by", "created_at"], name="decision_by_person"),
            models.Index(fields=["batch"], name="decision_batch", condition=~models.Q(batch="")),
            models.Index(
                fields=["effective_at"],
                name="decision_to_apply",
                condition=models.Q(effective_at__isnull=False, applied_at=None, undone_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.decided_by}"
