"""An operation: what was asked for, where it stands, and the one way in which it moves."""

import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models, transaction
from django.db.models import Q
from django.utils import timezone

from operations import live, rights
from operations.audit import recording as audit
from operations.models import sql
from operations.models.clients import ApiKey
from operations.models.event import Event
from operations.models.queries import Claim, OperationQuerySet
from operations.states import ENDED, MOVING, NEXT, OperationType, Status

if TYPE_CHECKING:
    from operations.models.step import Step


logger = logging.getLogger(__name__)


class TransitionError(Exception):
    """The operation is not in a state that allows this, or somebody was quicker."""


class Superseded(TransitionError):
    """The claim on the operation is no longer the newest: whatever its holder does now counts for nothing."""


def new_id() -> str:
    """An id such as ``op-20251021-023456-a1b2c3d4``: sorts by time (UTC), and cannot be guessed."""
    return f"op-{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


class Operation(models.Model):
    """What a client asked for, and all that became of it.

    ``wake_at`` says when somebody must next come and advance it (null: nobody need come); ``lease_until`` and
    ``fence`` say in whose hands it is. Everything that changes it from outside (a cancel, a decision, a retry)
    raises the fence too, so that a queue worker still at it changes nothing any more.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_id, editable=False)
    operation_type = models.CharField(max_length=32, choices=OperationType)
    parameters = models.JSONField(default=dict, blank=True)
    priority = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(10)], help_text="1 to 10; 10 is most urgent"
    )
    timeout_seconds = models.PositiveIntegerField(
        default=300,
        help_text="From planning to validating, not counting the time that people take",
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
    )
    require_validation = models.BooleanField(default=True)
    metadata = models.JSONField(default=dict, blank=True)
    client = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.PROTECT, related_name="operations", help_text="Who posted it"
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="operations",
        help_text="The person who started it, where no client did",
    )

    status = models.CharField(max_length=16, choices=Status, default=Status.PLANNING)
    plan = models.JSONField(null=True, blank=True)
    plan_source = models.CharField(max_length=16, blank=True)
    plan_version = models.PositiveIntegerField(default=0)
    plan_cache = models.ForeignKey(
        "operations.PlanCache",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="operations",
        help_text="The kept plan that it runs by, or that was made for it",
    )
    plan_unseen = models.BooleanField(default=False, help_text="A person has to see the plan before it runs")
    replan = models.JSONField(
        null=True, blank=True, editable=False, help_text="The question that was answered by asking for another plan"
    )
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    confidence_score = models.FloatField(null=True, blank=True)
    confidence = models.JSONField(null=True, blank=True, help_text="The signals, each with its weight and its words")
    token_usage = models.PositiveBigIntegerField(default=0, help_text="The sum of its model calls")
    cost_usd = models.DecimalField(
        max_digits=16, decimal_places=8, null=True, blank=True, default=Decimal(0), help_text="Empty: not known"
    )
    budgets_renewed = models.PositiveSmallIntegerField(
        default=0, help_text="How often a person let it go on with a spent budget"
    )

    fence = models.PositiveIntegerField(default=0, editable=False)
    claimed_by = models.CharField(max_length=80, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    wake_at = models.DateTimeField(null=True, blank=True, default=timezone.now, editable=False)
    rescues = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How often a queue worker was lost while advancing it"
    )
    deadline_at = models.DateTimeField(null=True, blank=True, editable=False)
    seconds_left = models.FloatField(null=True, blank=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a queue worker first took it up"
    )
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    traceparent = models.CharField(
        max_length=55, blank=True, default="", db_default="", editable=False, help_text="Where its trace begins"
    )
    request_id = models.CharField(
        max_length=128,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Of the POST, as the log has it",
    )
    forgotten_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its personal data was removed"
    )

    objects = OperationQuerySet.as_manager()

    _steps: "list[Step] | None" = None
    _passed: "tuple[Event, ...]" = ()

    class Meta:
        permissions = [
            (f"start_{value}", f"Can start operations of the type {value}") for value in OperationType.values
        ]
        indexes = [
            models.Index(fields=["wake_at"], name="operation_ready", condition=Q(wake_at__isnull=False)),
            models.Index(fields=["status", "-created_at"], name="operation_status"),
            models.Index(fields=["client", "-created_at"], name="operation_client"),
            models.Index(fields=["-created_at", "-id"], name="operation_newest"),
            # All that the dashboard adds up, so that it reads no row: one has large JSON columns.
            models.Index(
                fields=[
                    "ended_at",
                    "status",
                    "plan_source",
                    "confidence_score",
                    "token_usage",
                    "cost_usd",
                ],
                name="operation_outcomes",
                condition=Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.pk

    def get_absolute_url(self) -> str:
        return f"/operations/{self.pk}"

    def is_of(self, caller: Any) -> bool:
        """Did ``caller`` (an API key, a person, or nobody) submit it himself?"""
        if rights.is_client(caller):
            return self.client_id == caller.pk and (bool(caller.pk) or self.submitted_by_id is None)
        return bool(caller.pk) and self.submitted_by_id == caller.pk

    def known_steps(self) -> "list[Step]":
        """The steps in the order of the plan, read once: whoever holds the claim is the only one to change them."""
        if self._steps is None:
            self._steps = list(self.steps.all())
        return self._steps

    @property
    def knows_steps(self) -> bool:
        return self._steps is not None

    def know_steps(self, steps: "Iterable[Step]") -> None:
        """Take ``steps`` as the newest state of all steps."""
        self._steps = sorted(steps, key=lambda step: (step.position, step.index or 0))

    @property
    def is_moving(self) -> bool:
        return self.status in MOVING

    @property
    def plan_is_open(self) -> bool:
        """Will steps be added once those of the plan are done?"""
        return bool(self.plan and self.plan.get("open"))

    @property
    def requires_human(self) -> bool:
        return self.status == Status.ESCALATING

    @property
    def execution_time_ms(self) -> int:
        """From the POST to the end, or until now."""
        return round(((self.ended_at or timezone.now()) - self.created_at).total_seconds() * 1000)

    def time_for(self, seconds: float) -> float:
        """So many seconds, or what is left of the time limit, if that is less; a moment in any case."""
        left = (self.deadline_at - timezone.now()).total_seconds() if self.deadline_at else seconds
        return max(0.5, min(seconds, left))

    def begin(self, message: str, *, actor: str) -> None:
        """Write the new row together with the first line of its history, and tell who watches."""
        event = Event(operation=self, kind=self.status, message=message, actor=actor)
        about = {"operation_type": self.operation_type, "priority": self.priority}
        entry = audit.made("operation.start", self, after=about)
        using = Operation.objects.db
        if connections[using].vendor == "postgresql":
            sql.begin(self, entry, event, using)
            self._state.adding = False
        else:
            with transaction.atomic():
                self.save(force_insert=True)
                entry.save(force_insert=True)
                event.save()
        self.know_steps([])
        live.announce(self)

    def move_to(
        self, status: Status, message: str = "", *, claim: Claim | None = None, actor: str = "", **fields: Any
    ) -> None:
        """Move to ``status`` and set ``fields``, in one transaction with the event that records it.

        With a ``claim`` the move counts only while that claim is the newest; without one it comes from outside
        and takes the operation out of its holder's hands. Raises `TransitionError` if the table does not allow
        the move, `Superseded` if somebody was quicker.
        """
        old = Status(self.status)
        if status not in NEXT[old]:
            raise TransitionError(f"The operation is {old}; it cannot become {status}.")
        self.change(
            _clock(self, status) | fields,
            message,
            kind=status,
            claim=claim,
            actor=actor,
            status=status,
        )

    def pass_to(self, status: Status) -> None:
        """Move on in memory: the next move of the claim's holder saves this one too.

        For a stage that is over in a moment. Should the process die before, the stage before it is gone through again.
        """
        if status not in NEXT[Status(self.status)]:
            raise TransitionError(f"The operation is {self.status}; it cannot become {status}.")
        self._passed += (Event(operation=self, kind=status),)
        self.status = status

    def change(
        self,
        fields: Mapping[str, Any],
        message: str,
        *,
        kind: str,
        claim: Claim | None = None,
        actor: str = "",
        status: Status | None = None,
        data: Any = None,
    ) -> None:
        """Set ``fields`` if the row still is what it was read as, record why, and tell who watches."""
        fields = dict(fields, updated_at=timezone.now())
        if status:
            fields["status"] = status
        if claim is None:
            fields |= {"fence": self.fence + 1, "lease_until": None}
        event = Event(operation=self, kind=kind, message=message, actor=actor, data=data)
        # The holder of the claim is the only one to move it while the fence stands.
        held = {"fence": self.fence} | ({} if claim else {"status": self.status})
        if not self._write(fields, [*self._passed, event], held):
            raise Superseded(f"{self.pk} was changed by somebody else in the meantime.")
        for name, value in fields.items():
            setattr(self, name, value)
        self._passed = ()
        if status:
            logger.info("The operation is %s", status, extra={"operation_id": self.pk, "status": str(status)})
        live.announce(self)

    def _write(self, fields: dict[str, Any], events: "list[Event]", held: dict[str, Any]) -> bool:
        """Set ``fields`` of a row that still is as ``held`` says, and write ``events``: both, or neither and False."""
        using = Operation.objects.db
        if connections[using].vendor == "postgresql":
            return sql.move(self, fields, held, events, using)
        with transaction.atomic(savepoint=False):  # who fails here gives up the whole transaction
            if not Operation.objects.filter(pk=self.pk, **held).update(**fields):
                return False
            Event.objects.bulk_create(events)
        return True

    def record(self, kind: str, message: str, *, actor: str = "", data: Any = None) -> "Event":
        """Write a line of history."""
        return Event.objects.create(operation=self, kind=kind, message=message, actor=actor, data=data)


def _clock(operation: Operation, status: Status) -> dict[str, Any]:
    """The fields that follow from a move: who must come when, and how much of the time limit is left."""
    now = timezone.now()
    if status in MOVING:
        if operation.status in MOVING:
            return {}
        left = operation.seconds_left if operation.status == Status.ESCALATING else None
        seconds = operation.timeout_seconds if left is None else left
        return {"wake_at": now, "deadline_at": now + timedelta(seconds=seconds), "ended_at": None, "error": ""}
    fields: dict[str, Any] = {"lease_until": None, "wake_at": None, "deadline_at": None}
    if operation.deadline_at:
        fields["seconds_left"] = max(0.0, (operation.deadline_at - now).total_seconds())
    if status in ENDED:
        fields["ended_at"] = now
    return fields
