"""Where the time of the recent operations went, in words with the figures that say so."""

from typing import Any

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.performance.comparison import Spread, shown, spread

Json = dict[str, Any]


class Share(TypedDict):
    """One thing that operations spend time on: waiting for a queue worker, Concord's own work, or a kind of step."""

    what: str
    total_ms: float
    share: float
    times: int
    spread: Spread


class Bottleneck(TypedDict):
    """The largest share, what it means, and what would help."""

    what: str
    share: float
    words: str
    advice: str


WAITING = "waiting for a queue worker"
BETWEEN = "between steps"
ADVICE = {
    WAITING: "Run more queue workers (QUEUE_WORKERS), or lower the priority of what may wait.",
    BETWEEN: "Concord's own work: look at the database's latency and at the slow statements.",
}


def shares(durations: Json) -> list[Share]:
    """What the time went on, the largest first. Steps that ran side by side count each for itself."""
    spent: dict[str, tuple[float, int, list[float]]] = {}
    for group in durations["operations"]:
        _add(spent, WAITING, sum(group["wait_ms"]), group["wait_ms"])
        _add(spent, BETWEEN, sum(group["between_ms"]), group["between_ms"])
    for group in durations["steps"]:
        _add(spent, f"{group['worker']}.{group['action']}", group["total_ms"], group["duration_ms"], group["count"])
    whole = sum(total for total, _, _ in spent.values()) or 1.0
    found = [_share(what, *parts, whole) for what, parts in spent.items()]
    return sorted((one for one in found if one), key=lambda one: -one["total_ms"])


def find(parts: list[Share], hours: float) -> Bottleneck | None:
    """The largest of ``parts``, in words; None where nothing took any time."""
    if not parts or not parts[0]["total_ms"]:
        return None
    first, lies = parts[0], parts[0]["spread"]
    of_steps = first["what"] not in ADVICE
    times = f"{first['times']:,} {'calls' if of_steps else 'operations'}"
    return {
        "what": first["what"],
        "share": first["share"],
        "words": (
            f"{first['what']} takes {first['share']:.0%} of the time of the last {hours:g} h: {times}, "
            f"{shown(lies['p50_ms'])} at the median and {shown(lies['p95_ms'])} at the 95th percentile"
        ),
        "advice": ADVICE.get(first["what"]) or f"Make {first['what']} quicker, or run more replicas of its worker.",
    }


def _add(spent: dict[str, Any], what: str, total: float, samples: list[float], times: int | None = None) -> None:
    known_total, known_times, known = spent.get(what, (0.0, 0, []))
    spent[what] = (known_total + total, known_times + (len(samples) if times is None else times), [*known, *samples])


def _share(what: str, total: float, times: int, samples: list[float], whole: float) -> Share | None:
    lies = spread(samples)
    if lies is None:
        return None
    return {
        "what": what,
        "total_ms": round(total, 1),
        "share": round(total / whole, 4),
        "times": times,
        "spread": lies,
    }
