"""What a worker's replicas share in the warehouse database: the calls that were made to it."""

import uuid

from django.db import models

from workers.warehouse.files import FeedFile as FeedFile
from workers.warehouse.fills import ReleaseFill as ReleaseFill
from workers.warehouse.matches import MatchDecision as MatchDecision
from workers.warehouse.matches import MatchLink as MatchLink
from workers.warehouse.models import Release as Release
from workers.warehouse.models import ReleaseAct as ReleaseAct
from workers.warehouse.quality_rules import QualityRule as QualityRule
from workers.warehouse.quality_rules import QualityRuleAct as QualityRuleAct
from workers.warehouse.rules import LearnedRule as LearnedRule


class CallStatus(models.TextChoices):
    """How a call stands, in the words of the worker contract."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CallRecord(models.Model):
    """One call of an action, written before the function runs: that is what makes a repeated call safe.

    ``run`` names the run that may write to the row: it changes when another takes the call over, so that whatever a
    superseded run still has to say changes nothing.
    """

    warehouse = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.CharField(max_length=64)
    key = models.CharField(max_length=255, help_text="the caller's Idempotency-Key; the id where none was sent")
    digest = models.CharField(max_length=32, help_text="of the action and its parameters")
    action = models.CharField(max_length=100)
    attempt = models.PositiveIntegerField(default=1, help_text="the highest Concord-Attempt seen")

    status = models.CharField(max_length=9, choices=CallStatus, default=CallStatus.RUNNING)
    run = models.UUIDField(default=uuid.uuid4)
    owner = models.CharField(max_length=200, help_text="the service that runs it: place and instance")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(help_text="the last heartbeat while it runs, afterwards its end")
    cancel_requested = models.BooleanField(default=False)

    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.TextField(default="")

    # JSON is kept as the text that is sent, so that an answer given again is the same to the byte.
    result = models.TextField(default="")
    usage = models.TextField(default="")
    confidence = models.FloatField(null=True)
    error = models.TextField(default="")
    field = models.CharField(max_length=255, default="", help_text="the parameter at fault")
    http_status = models.PositiveSmallIntegerField(default=200)
    retryable = models.BooleanField(default=False)
    retry_after = models.FloatField(null=True)
    execution_time_ms = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "key"], name="one_call_per_key")]
        indexes = [models.Index(fields=["seen_at"], name="old_calls")]

    def __str__(self) -> str:
        return f"{self.worker}.{self.action} {self.id}"


class RegisteredWorker(models.Model):
    """A worker that Concord may call, and how it has been lately."""

    name = models.CharField(primary_key=True, max_length=64)
    url = models.URLField(max_length=300)
    enabled = models.BooleanField(default=True)
    manifest = models.JSONField(default=dict, blank=True, editable=False)
    healthy = models.BooleanField(null=True, editable=False, help_text="empty: not asked yet")
    error = models.TextField(blank=True, editable=False, help_text="what it last answered instead of its health")
    checked_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="in a row, of calls")
    away_since = models.DateTimeField(null=True, editable=False, help_text="the first of those failures")
    open_until = models.DateTimeField(null=True, editable=False, help_text="the circuit: no calls before this time")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
