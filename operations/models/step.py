"""A step of an operation's plan."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, connections, models
from django.db.models import Q
from django.utils import timezone

from operations.canonical import canonical
from operations.models import sql
from operations.models.operation import Operation
from operations.models.queries import Claim
from operations.states import STEP_ENDED, StepStatus


class StepQuerySet(models.QuerySet["Step"]):
    def held(self, claim: Claim) -> Self:
        """The claimed operation's steps, and none once a newer claim exists."""
        return self.filter(operation_id=claim.operation_id, operation__fence=claim.fence)

    def write(self, claim: Claim, step: "Step", fields: Mapping[str, Any]) -> bool:
        """Set ``fields`` of one step if ``claim`` still is the newest. False if it is not."""
        assigned, values = sql.assignments(self.model, fields, ", ", self.db)
        return bool(self._written(sql.WRITE_STEP.format(assigned), [*values, step.pk, *_held(claim)]))

    def put(self, claim: Claim, steps: "Sequence[Step]") -> bool:
        """Write steps that have no rows yet, if ``claim`` still is the newest. False if it is not."""
        condition = f"WHERE {sql.HELD}{sql.SOON.get(connections[self.db].vendor, '')}"
        rows = sql.lines(self.model, len(steps), condition, self.db)
        parameters = sql.insert_values(steps, _held(claim), self.db)
        try:
            keys = self._written(sql.PUT_STEPS.format(sql.names(self.model), rows), parameters)
        except IntegrityError:  # whoever took the operation away has written its steps
            return False
        for step, key in zip(steps, keys, strict=False):
            step.pk = key
        return len(keys) == len(steps)

    def _written(self, statement: str, parameters: list[Any]) -> list[int]:
        """The ids of the rows that were written; none if the claim is not the newest any more."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement, parameters)
            return [key for (key,) in cursor.fetchall()]


def _held(claim: Claim) -> tuple[str, int]:
    return claim.operation_id, claim.fence


class Step(models.Model):
    """One call of a worker's action: what is asked, how it goes, and what came back.

    A step with ``for_each`` is a template: its instances ``E2[0]``, ``E2[1]``… name it as their ``template``.
    ``run`` rises when a person lets it run again; ``attempts`` counts the automatic tries within a run.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="steps")
    step_id = models.CharField(max_length=24)
    position = models.PositiveIntegerField()
    template = models.CharField(max_length=16, blank=True)
    index = models.PositiveIntegerField(null=True, blank=True)
    label = models.CharField(max_length=200, blank=True)

    worker = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict, help_text="As planned: references not yet replaced")
    item = models.JSONField(null=True, blank=True, help_text="What #item stands for in an instance")
    for_each = models.JSONField(null=True, blank=True)
    depends_on = models.JSONField(default=list)
    expected_output = models.TextField(blank=True)
    validation = models.JSONField(default=list, blank=True)

    status = models.CharField(max_length=20, choices=StepStatus, default=StepStatus.PENDING)
    run = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    location = models.CharField(max_length=500, blank=True, help_text="Where a long call can be asked after")
    progress = models.JSONField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When to try or ask again")
    timeout_seconds = models.FloatField(null=True, blank=True)
    accepted_by = models.CharField(max_length=150, blank=True, help_text="Who accepted a result that broke a rule")
    approved_digest = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["position", "index"]
        constraints = [models.UniqueConstraint(fields=["operation", "step_id"], name="step_once_per_operation")]
        indexes = [
            models.Index(fields=["worker", "-finished_at"], name="step_errors", condition=Q(status=StepStatus.FAILED))
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.worker}.{self.action}"

    @property
    def named(self) -> str:
        """As it is called in the history and in questions."""
        return f"{self} ({self.label})" if self.label else str(self)

    @property
    def has_ended(self) -> bool:
        return self.status in STEP_ENDED

    @property
    def duration_ms(self) -> int | None:
        if not (self.started_at and self.finished_at):
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)

    def ends_by(self, operation: Operation) -> datetime:
        """When the step must have ended: its own limit, or the operation's."""
        last = operation.deadline_at or timezone.now() + timedelta(seconds=operation.timeout_seconds)
        if not self.timeout_seconds:
            return last
        return min(last, (self.started_at or timezone.now()) + timedelta(seconds=self.timeout_seconds))

    def call_key(self, arguments: dict[str, Any]) -> str:
        """The idempotency key of this call: the same for every automatic attempt, another one for a new run."""
        # A plan that was mended may call another action in the same step: that is another call.
        digest = hashlib.sha256(canonical([self.action, arguments])).hexdigest()[:32]
        return f"{self.operation_id}:{self.step_id}:{digest}:{self.run}"
