"""The first of two approvals: kept until another person gives the second, which is the decision."""

from typing import Any

from django.db import models
from django.utils import timezone

from escalations.models.escalation import Escalation, Kind


class Approval(models.Model):
    """Somebody's yes to a destructive action that two people have to approve. It moves nothing by itself.

    It holds for exactly what its ``digest`` names. The same ``decision_id`` again is answered as the first time.
    """

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="approvals")
    decision_id = models.CharField(max_length=100, unique=True)
    reason = models.TextField(blank=True)
    steps = models.JSONField(default=list, blank=True)
    digest = models.CharField(max_length=64)
    approved_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)

    # Read where a decision is: nothing has come of it.
    decision = Kind.APPROVE
    effective_at = applied_at = undone_at = None
    batch = ""

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"first approval by {self.approved_by}"

    @property
    def decided_by(self) -> str:
        return self.approved_by

    @property
    def edits(self) -> dict[str, Any]:
        return {}

    @property
    def effect(self) -> dict[str, Any]:
        return {}
