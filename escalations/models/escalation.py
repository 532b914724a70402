"""An escalation is a question to a person."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from operations import live, rights
from operations.models import Operation
from operations.models.queries import owned_by
from operations.states import Reason
from operations.states import Status as OperationStatus
from workers import llm

CLAIM = timedelta(minutes=5)


class DecisionError(Exception):
    """The decision cannot be taken; the text says why. ``field`` names what to mend, where there is one."""

    def __init__(self, message: str, *, field: str = ""):
        super().__init__(message)
        self.field = field


class Conflict(DecisionError):
    """Somebody else was quicker, or is at it."""


class Kind(models.TextChoices):
    APPROVE = "approve", "Approve"
    EDIT = "edit", "Edit and resume"
    RETRY = "retry", "Retry"
    REPLAN = "replan", "Plan anew"
    REJECT = "reject", "Reject"


# What may be answered to which question. There is nothing to approve in a plan that cannot run, or a budget spent.
# A replan needs a planner that understands words (the rules would make the same plan again) and a plan at rest.
OFFERED: dict[str, tuple[Kind, ...]] = {
    Reason.LOW_CONFIDENCE: (Kind.APPROVE, Kind.RETRY, Kind.EDIT, Kind.REPLAN, Kind.REJECT),
    Reason.RULE_FAILED: (Kind.APPROVE, Kind.RETRY, Kind.EDIT, Kind.REPLAN, Kind.REJECT),
    Reason.STEP_FAILED: (Kind.RETRY, Kind.EDIT, Kind.APPROVE, Kind.REPLAN, Kind.REJECT),
    Reason.APPROVAL_NEEDED: (Kind.APPROVE, Kind.EDIT, Kind.REPLAN, Kind.REJECT),
    Reason.PLAN_APPROVAL: (Kind.APPROVE, Kind.EDIT, Kind.REPLAN, Kind.REJECT),
    Reason.BAD_PLAN: (Kind.REPLAN, Kind.REJECT),
    Reason.BUDGET_SPENT: (Kind.RETRY, Kind.REJECT),
    Reason.NO_NEXT_STEP: (Kind.RETRY, Kind.REJECT),
}


def new_id() -> str:
    return f"esc-{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def open(self) -> Self:
        return self.filter(status=Escalation.Status.OPEN)

    def free_for(self, who: str) -> Self:
        """Those that nobody else is at."""
        nobody = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
        return self.filter(nobody | Q(claimed_by__in=["", who]))

    def visible_to(self, caller: Any) -> Self:
        """What ``caller`` (an API key, a user, or nobody) may see: all, what is about his own, or nothing."""
        if rights.SEE_QUESTIONS.is_of(caller):
            return self
        return self.filter(owned_by(caller, "operation__")) if rights.USE.is_of(caller) else self.none()


class Escalation(models.Model):
    """One question about one operation.

    ``revision`` rises with every change of what is asked, so that nobody decides on old news. Who is at it is no such
    change: what was read before somebody claimed it, and gave it back, is read still.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"
        WITHDRAWN = "withdrawn", "withdrawn: the operation ended without it"

    id = models.CharField(primary_key=True, max_length=40, default=new_id, editable=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="escalations")
    status = models.CharField(max_length=16, choices=Status, default=Status.OPEN)
    reason = models.CharField(max_length=32, choices=Reason)
    message = models.TextField(help_text="Why it is here, in one sentence")
    findings = models.JSONField(default=list, blank=True)
    steps = models.JSONField(default=list, blank=True, help_text="The ids of the steps concerned")
    digest = models.CharField(max_length=64, blank=True, help_text="Of exactly what an approval would approve")
    confidence_score = models.FloatField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True, help_text="A confidence below it took a person at that time")
    cause = models.CharField(max_length=200, blank=True, help_text="Alike for questions that have the same cause")
    risk = models.FloatField(default=1.0, help_text="How much a wrong answer costs; see escalations.urgency")
    uncertainty = models.FloatField(default=1.0, help_text="How far Concord was from deciding by itself, above 0 to 1")
    rank = models.FloatField(default=0.0, help_text="The place in the queue: the lowest is the most urgent")
    assigned_to = models.CharField(max_length=150, blank=True, help_text="Whom a colleague asked to decide")
    claimed_by = models.CharField(max_length=150, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="When the one who is at it began")
    claimed_until = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["status", "created_at"], name="escalation_queue"),
            models.Index(fields=["status", "rank"], name="escalation_urgency"),
            models.Index(fields=["status", "cause"], name="escalation_cause"),
            models.Index(fields=["status", "assigned_to"], name="escalation_assigned"),
        ]
        permissions = [
            ("decide_escalation", "Can decide escalations and see all operations"),
            ("approve_writing", "Can decide about steps that write"),
            ("approve_destructive", "Can decide about destructive steps"),
        ]

    def __str__(self) -> str:
        return self.pk

    @property
    def offered(self) -> tuple[Kind, ...]:
        """The decisions that make sense for this question, as things stand."""
        replan = self.operation.status == OperationStatus.ESCALATING and llm.configured()
        return tuple(kind for kind in OFFERED[self.reason] if replan or kind != Kind.REPLAN)

    def holder(self) -> str:
        """Who is at it now; empty if nobody."""
        live_claim = self.claimed_until and self.claimed_until > timezone.now()
        return self.claimed_by if live_claim else ""

    def claim(self, who: str, *, take_over: bool = False) -> None:
        """Say that ``who`` is at it for the next five minutes. Raises `Conflict` if another is."""
        if (holder := self.holder()) not in ("", who) and not take_over:
            raise Conflict(f"{holder} is at it until {self.claimed_until:%H:%M} UTC.")
        began = self.claimed_at if holder == who else timezone.now()
        otherwise = f"somebody claimed or decided it before {who} could claim it"
        self._change(otherwise, claimed_by=who, claimed_at=began, claimed_until=_soon())

    def release(self, who: str) -> None:
        """Give the claim back. Releasing what one does not hold changes nothing."""
        if self.holder() == who:
            self._change("it was decided in the meantime", claimed_by="", claimed_at=None, claimed_until=None)

    def _change(self, otherwise: str, **fields: Any) -> None:
        """Set ``fields`` if the question, and who is at it, still are what they were read as; else raise `Conflict`."""
        held = {"claimed_by": self.claimed_by, "claimed_until": self.claimed_until}
        with transaction.atomic():
            row = Escalation.objects.filter(pk=self.pk, status=self.Status.OPEN, revision=self.revision, **held)
            if not row.update(**fields):
                raise Conflict(f"This escalation has changed: {otherwise}. Read it again.")
            live.announce_escalations()
        for name, value in fields.items():
            setattr(self, name, value)


def _soon() -> datetime:
    return timezone.now() + CLAIM
