"""Writing the ledger of model calls."""

from typing import Any

from django.db.models import F

from operations.models import Claim, ModelCall, Operation, Step

Json = dict[str, Any]


def record(claim: Claim, step: Step, usage: list[Json]) -> None:
    """Enter the model calls that a worker made for ``step``, and add their tokens to the operation's sum."""
    if not usage:
        return
    calls = [
        ModelCall(
            operation_id=claim.operation_id,
            step_id=step.step_id,
            purpose=str(call.get("purpose", "execution"))[:32],
            model=str(call.get("model", ""))[:100],
            prompt_tokens=_count(call, "prompt_tokens"),
            completion_tokens=_count(call, "completion_tokens"),
            cached_tokens=_count(call, "cached_tokens"),
        )
        for call in usage
    ]
    ModelCall.objects.bulk_create(calls)
    tokens = sum(call.prompt_tokens + call.completion_tokens for call in calls)
    Operation.objects.filter(pk=claim.operation_id, fence=claim.fence).update(token_usage=F("token_usage") + tokens)


def _count(call: Json, name: str) -> int:
    value = call.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
