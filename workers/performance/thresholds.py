"""From which value on a figure is a warning, or critical: the defaults, and what a caller sets instead."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import InvalidParameters

Status = Literal["ok", "warn", "critical", "unknown"]


class Threshold(TypedDict):
    """From which value on a measure is a warning, and from which on it is critical."""

    warn: float
    critical: float


@dataclass(frozen=True)
class Limits:
    """Of one measure. ``low``: what is below them is bad, not what is above."""

    unit: str
    warn: float
    critical: float
    words: str
    low: bool = False

    def judge(self, value: float) -> Status:
        """What ``value`` means."""
        if value < self.critical if self.low else value >= self.critical:
            return "critical"
        return "warn" if (value < self.warn if self.low else value >= self.warn) else "ok"


DEFAULTS: dict[str, Limits] = {
    "web.latency_ms": Limits("ms", 500, 3_000, "until GET /health is answered"),
    "database.latency_ms": Limits("ms", 50, 1_000, "for a trivial query"),
    "database.connections_share": Limits("share", 0.8, 0.95, "of the connections that the server allows are taken"),
    "database.oldest_transaction_seconds": Limits("s", 300, 3_600, "is the age of the oldest open transaction"),
    "warehouse.latency_ms": Limits("ms", 50, 1_000, "for a trivial query"),
    "warehouse.connections_share": Limits("share", 0.8, 0.95, "of the connections that the server allows are taken"),
    "warehouse.oldest_transaction_seconds": Limits("s", 3_600, 14_400, "is the age of the oldest open transaction"),
    "redis.latency_ms": Limits("ms", 20, 500, "for a PING"),
    "redis.memory_share": Limits("share", 0.8, 0.95, "of the memory that Redis may use is used"),
    "queue.ready": Limits("operations", 200, 2_000, "wait for a queue worker"),
    "queue.oldest_ready_seconds": Limits("s", 60, 600, "is how long an operation has been waiting for a queue worker"),
    "queue.queue_workers": Limits("queue workers", 1, 1, "are there", low=True),
    "workers.unhealthy": Limits("workers", 1, 2, "do not answer, or are not well"),
    "workers.circuits_open": Limits("workers", 1, 2, "are not called for a while because their calls failed"),
    "workers.latency_ms": Limits("ms", 1_000, 4_000, "until the slowest worker answered GET /health"),
    "disk.free_share": Limits("share", 0.10, 0.03, "of the disk is free", low=True),
    "memory.available_share": Limits("share", 0.10, 0.03, "of the memory is available", low=True),
    "processor.load_per_core": Limits("processes a core", 3, 10, "want to run (mean of 5 minutes)"),
}


def limits(given: Mapping[str, Threshold]) -> dict[str, Limits]:
    """The defaults with ``given`` in their place. Raises `InvalidParameters` for what is unknown or upside down."""
    chosen = dict(DEFAULTS)
    for name, threshold in given.items():
        field = f"thresholds.{name}"
        if name not in chosen:
            near = difflib.get_close_matches(name, chosen, 1, cutoff=0)[0]
            raise InvalidParameters(f"{field}: there is no such measure; the nearest is {near!r}", field=field)
        changed = replace(chosen[name], warn=threshold["warn"], critical=threshold["critical"])
        if (changed.warn < changed.critical) if changed.low else (changed.warn > changed.critical):
            order = "at least" if changed.low else "at most"
            raise InvalidParameters(f"{field}: warn must be {order} critical", field=field)
        chosen[name] = changed
    return chosen
