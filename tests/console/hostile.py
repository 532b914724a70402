"""Rows all of whose content wants to do harm, and the console's pages that show them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.utils import timezone

from escalations.models import Decision, Escalation, Notice, SavedView
from escalations.talk import talk
from operations.models import Operation, Step
from operations.states import Reason, Status, StepStatus
from tests.make import make_escalation, make_operation
from workers.models import RegisteredWorker

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe' \" {{ 7|add:7 }} {% url 'x' %}&#x3c;"
# PostgreSQL takes no NUL in JSON, so no door of ours lets one in; the text of one is as far as it gets.
HUGE = f"{HOSTILE}\\u0000{'<' * 1_000_000}"
NAME, ME = HOSTILE[:150], f"me {HOSTILE}"[:150]
WORKER, BATCH = "hostile", "a" * 32

RULE = {"rule": HOSTILE, "severity": HOSTILE, "basis": HOSTILE, "violations": 3, "examples": [{HOSTILE: HOSTILE}]}
SCHEMA = {"type": "object", "properties": {HOSTILE: {"type": HOSTILE, "description": HUGE, "enum": [HOSTILE] * 3}}}
ACTION = {"name": f"look {HOSTILE}", "description": HUGE, "parameters": SCHEMA, "result": SCHEMA, "expected_seconds": 1}


def hostile_value() -> dict[str, Any]:
    """JSON with something harmful in every place."""
    return {
        HOSTILE: HOSTILE,
        "rows": [{HOSTILE: HOSTILE, f"{HOSTILE}2": [HOSTILE], "nested": {HOSTILE: {HOSTILE: [[HOSTILE]]}}}] * 30,
        "long": HUGE,
        "list": [HOSTILE] * 500,
        "dataset": {"$dataset": HOSTILE, "rows": HOSTILE, "bytes": [], "schema": {HOSTILE: HOSTILE}},
        "rules": [RULE],
        "rows_quarantined": 5,
        "rows_read": HOSTILE,
        "quarantine": {"$dataset": HOSTILE, "bytes": 10},
        "quarantine_reasons": {HOSTILE: HOSTILE},
        "release": HOSTILE,
    }


def make_hostile(steps: int = 3) -> Escalation:
    """A question about an operation of so many steps, all of whose content wants to do harm."""
    now = timezone.now()
    operation = make_operation(status=Status.ESCALATING)
    Operation.objects.filter(pk=operation.pk).update(
        parameters=hostile_value(),
        metadata=hostile_value(),
        result=hostile_value(),
        error=HUGE,
        confidence_score=0.4,
        confidence=[{"name": HOSTILE, "value": 0.1, "weight": 1, "words": HUGE}, HOSTILE, {}],
        plan={"steps": []},
    )
    operation.refresh_from_db()
    operation.steps.bulk_create(_steps(operation, steps, now), batch_size=100)
    for _ in range(3):
        operation.record(HOSTILE[:32], HUGE, actor=HOSTILE[:150])
    findings = [{"step": "E2", "label": HOSTILE, "rule": HUGE, "message": HUGE, "items": [hostile_value()]}, HOSTILE, 7]
    fields = {"findings": findings, "steps": ["E2", HOSTILE]}
    return make_escalation(operation, reason=Reason.RULE_FAILED, message=HUGE, **fields)


def _steps(operation: Operation, number: int, now: Any) -> Iterator[Step]:
    for at in range(1, number + 1):
        whole = hostile_value() if at < 4 else {"value": HOSTILE}
        yield Step(
            operation=operation,
            step_id=f"E{at}",
            position=at,
            worker=HOSTILE[:64],
            action=f"{at}{HOSTILE}"[:64],
            label=HOSTILE[:200],
            arguments=whole | {"taken": f"#E1.{'x' * (900 if at < 4 else 9)} #E{max(1, at - 1)}.long"},
            result=whole,
            error=HUGE if at < 4 else HOSTILE * 3,
            status=StepStatus.FAILED if at % 3 else StepStatus.RUNNING,
            progress={"done": 3, "total": 10, "message": HUGE if at < 4 else HOSTILE},
            started_at=now,
        )


def make_hostile_day(me: str) -> Escalation:
    """That question, with hostile people at it for a day: what they are called, said, decided and kept.

    The reviewer ``me`` gets a name of that kind too, `ME`.
    """
    User.objects.create_user(NAME)
    User.objects.filter(username=me).update(username=ME)
    escalation = make_hostile()
    Escalation.objects.filter(pk=escalation.pk).update(assigned_to=NAME, claimed_by=NAME, claimed_until=_soon())
    for number, who in enumerate((ME, NAME)):
        talk.comment(escalation, NAME, f"@{who} {HOSTILE * 10}")
        _decide(make_hostile(), who, number)
        SavedView.objects.create(owner=who, name=HOSTILE[:80], query=urlencode({"assigned": HOSTILE}), shared=True)
    Notice.objects.create(person=ME, kind=Notice.Kind.TAKE_OVER, escalation=escalation, actor=NAME, text=HUGE)
    manifest = {"version": HUGE, "actions": [ACTION] * 3}
    RegisteredWorker.objects.create(name=WORKER, url="http://127.0.0.1:9", manifest=manifest, error=HUGE, healthy=False)
    return escalation


def _soon() -> datetime:
    return timezone.now() + timedelta(minutes=4)


def _decide(escalation: Escalation, who: str, number: int) -> None:
    """As it lies there while it can be taken back."""
    Escalation.objects.filter(pk=escalation.pk).update(status=Escalation.Status.DECIDED, decided_at=timezone.now())
    Decision.objects.create(
        escalation=escalation,
        decision_id=f"{BATCH}-{number}",
        batch=BATCH,
        decision="edit",
        reason=HUGE,
        edits={"E1": hostile_value()},
        steps=["E1", HOSTILE],
        decided_by=who,
        effect={"runs_again": [HOSTILE] * 500, "skips": [], "keeps": [HOSTILE], "before": {"E1": {"long": HUGE}}},
        effective_at=_soon(),
    )


def pages_of(escalation: Escalation) -> dict[str, str]:
    """The pages about the operation."""
    operation = f"/console/operations/{escalation.operation_id}"
    return {
        "escalation": f"/console/escalations/{escalation.pk}",
        "operation": operation,
        "step": f"{operation}/steps/E2",
    }


def pages_around(escalation: Escalation) -> dict[str, str]:
    """All others that show something of it, or of what people said and did."""
    queue = "/console/escalations"
    asked = urlencode({"assigned": NAME, "held": NAME, "cause": HOSTILE[:200]})
    wrong = urlencode({"type": HOSTILE, "reason": HOSTILE, "older": HOSTILE, "least": HOSTILE, "values": HOSTILE})
    decided = Decision.objects.values_list("escalation", flat=True).first()
    return {
        "queue": queue,
        "groups": f"{queue}?group=cause",
        "filtered": f"{queue}?{asked}",
        "misread": f"{queue}?{wrong}",
        "batch": f"{queue}/batches/{BATCH}",
        "decided": f"{queue}/{decided}",
        "edit": f"{queue}/{escalation.pk}/edit",
        "dashboard": "/console/",
        "operations": "/console/operations",
        "clone": f"/console/operations/new?like={escalation.operation_id}",
        "workers": "/console/workers",
        "worker": f"/console/workers/{WORKER}",
        "notices": "/console/notices",
        "mine": "/console/mine",
    }
