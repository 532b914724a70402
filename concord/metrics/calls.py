"""What the ledger of model calls adds up to."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone

from concord.metrics import families
from concord.metrics.batches import SIZE, Batch, batch
from concord.metrics.families import Rise
from operations.models import ModelCall

LOST_AFTER = timedelta(minutes=10)  # a call that is open for so long was lost with its process
FIELDS = (
    "id",
    "created_at",
    "purpose",
    "state",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "latency_ms",
    "cache_hit",
    "tokens_before_compression",
    "tokens_after_compression",
    "cost_usd",
)


def read(after: int, until: datetime) -> Batch:
    """The calls after that id, up to the first that is still under way, and what they add."""
    lately = ModelCall.objects.filter(state=ModelCall.State.OPEN, created_at__gt=timezone.now() - LOST_AFTER)
    rows = ModelCall.objects.filter(id__gt=after)
    if first := lately.aggregate(first=Min("id"))["first"]:
        rows = rows.filter(id__lt=first)
    taken = batch(rows.order_by("id").values_list(*FIELDS, named=True)[:SIZE], after, until)
    for call in taken.rows:
        _add(call, taken.rise)
    return taken


def _add(call: Any, rise: Rise) -> None:
    if call.cache_hit:
        rise.count(families.CACHE_HITS)
        return
    cached = min(call.cached_tokens, call.prompt_tokens)
    rise.count(families.MODEL_CALLS, call.purpose, call.state)
    rise.count(families.MODEL_TOKENS, call.purpose, "prompt", by=call.prompt_tokens - cached)
    rise.count(families.MODEL_TOKENS, call.purpose, "cached", by=cached)
    rise.count(families.MODEL_TOKENS, call.purpose, "completion", by=call.completion_tokens)
    rise.count(families.MODEL_COST, call.purpose, by=float(call.cost_usd or 0))
    rise.count(families.MODEL_UNPRICED, by=call.cost_usd is None)
    rise.count(families.COMPRESSION, "before", by=call.tokens_before_compression or 0)
    rise.count(families.COMPRESSION, "after", by=call.tokens_after_compression or 0)
    if call.latency_ms is not None:
        rise.observe(families.MODEL_SECONDS, call.latency_ms / 1000, call.purpose)
