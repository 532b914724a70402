"""An operation as clients see it: the one shape behind the API, the Redis snapshot and the console's data."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operations.models import Event, ModelCall, Operation, Step

Json = dict[str, Any]


def operation_json(operation: "Operation", steps: "Iterable[Step] | None" = None) -> Json:
    """All of ``operation``; with its ``steps`` where they are given."""
    shown = {
        "operation_id": operation.pk,
        "operation_type": operation.operation_type,
        "status": operation.status,
        "result": operation.result,
        "error": operation.error or None,
        "confidence_score": operation.confidence_score,
        "requires_human": operation.requires_human,
        "execution_time_ms": operation.execution_time_ms,
        "token_usage": operation.token_usage,
        "cost_usd": _dollars(operation.cost_usd),
        "metadata": operation.metadata,
        "parameters": operation.parameters,
        "priority": operation.priority,
        "timeout_seconds": operation.timeout_seconds,
        "require_validation": operation.require_validation,
        "confidence": operation.confidence,
        "plan_source": operation.plan_source or None,
        "created_at": iso(operation.created_at),
        "started_at": iso(operation.started_at),
        "updated_at": iso(operation.updated_at),
        "ended_at": iso(operation.ended_at),
        "links": {
            "self": f"/operations/{operation.pk}",
            "events": f"/operations/{operation.pk}/events",
            "model_calls": f"/operations/{operation.pk}/model-calls",
            "console": f"/console/operations/{operation.pk}",
        },
    }
    if steps is not None:
        shown["steps"] = [step_json(step) for step in steps]
    return shown


def step_json(step: "Step") -> Json:
    return {
        "id": step.step_id,
        "label": step.label or None,
        "worker": step.worker,
        "action": step.action,
        "arguments": step.arguments,
        "depends_on": step.depends_on,
        "status": step.status,
        "attempts": step.attempts,
        "result": step.result,
        "error": step.error or None,
        "progress": step.progress,
        "started_at": iso(step.started_at),
        "finished_at": iso(step.finished_at),
    }


def event_json(event: "Event") -> Json:
    return {
        "id": event.pk,
        "kind": event.kind,
        "message": event.message,
        "actor": event.actor or None,
        "data": event.data,
        "created_at": iso(event.created_at),
    }


def model_call_json(call: "ModelCall") -> Json:
    return {
        "id": call.pk,
        "step": call.step_id or None,
        "purpose": call.purpose,
        "model": call.model or None,
        "state": call.state,
        "error": call.error or None,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "cached_tokens": call.cached_tokens,
        "estimated": call.estimated,
        "cache_hit": call.cache_hit,
        "tokens_before_compression": call.tokens_before_compression,
        "tokens_after_compression": call.tokens_after_compression,
        "latency_ms": call.latency_ms,
        "cost_usd": _dollars(call.cost_usd),
        "prices": {
            "input_usd": _dollars(call.input_usd),
            "cached_usd": _dollars(call.cached_usd),
            "output_usd": _dollars(call.output_usd),
            "source": call.price_source or None,
        },
        "created_at": iso(call.created_at),
    }


def _dollars(value: Any) -> float | None:
    """None is unknown, and not free."""
    return None if value is None else float(value)


def iso(value: Any) -> str | None:
    """A time as it is on the wire."""
    return value.isoformat().replace("+00:00", "Z") if value else None
