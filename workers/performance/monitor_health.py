"""monitor_health: measure the parts of the installation and say of each how it is."""

from collections.abc import Mapping
from typing import Annotated, Any

from django.utils import timezone
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call, action
from workers.performance import readings
from workers.performance.readings import Reading
from workers.performance.thresholds import Limits, Status, Threshold, limits

WORST_FIRST: tuple[Status, ...] = ("critical", "warn", "unknown", "ok")


class Finding(TypedDict):
    """One figure held against its thresholds."""

    measure: str
    value: float
    unit: str
    warn: float
    critical: float
    status: Status


class Component(TypedDict):
    """One part: its figures, what they mean, and in words what is wrong; ``unknown`` where it cannot be measured."""

    name: str
    status: Status
    figures: dict[str, Any]
    findings: list[Finding]
    words: str


class Health(TypedDict):
    """How all parts are; the whole is as its worst part. ``attention`` has a sentence for each that is not ok."""

    status: Status
    measured_at: str
    components: list[Component]
    ok: int
    warn: int
    critical: int
    unknown: int
    attention: list[str]


@action(read_only=True, expected_seconds=1)
def monitor_health(
    call: Call,
    thresholds: Annotated[
        dict[str, Threshold],
        Field(description='By measure, as {"disk.free_share": {"warn": 0.2, "critical": 0.1}}; else the defaults.'),
    ] = {},  # noqa: B006 - read only
) -> Health:
    """Measure web, database, Redis, queue, workers, warehouse, disk, memory and processor against thresholds.

    A part that cannot be reached is critical if it is the one that is away, else unknown; the call itself succeeds.
    """
    chosen = limits(thresholds)
    components = [judged(reading, chosen) for reading in readings.take()]
    statuses = [component["status"] for component in components]
    return {
        "status": worst(statuses),
        "measured_at": timezone.now().isoformat(),
        "components": components,
        "ok": statuses.count("ok"),
        "warn": statuses.count("warn"),
        "critical": statuses.count("critical"),
        "unknown": statuses.count("unknown"),
        "attention": [f"{one['name']}: {one['words']}" for one in components if one["status"] != "ok"],
    }


def judged(reading: Reading, chosen: Mapping[str, Limits]) -> Component:
    """A reading held against the thresholds."""
    findings = [
        _finding(name, reading.figures[name.partition(".")[2]], limit)
        for name, limit in chosen.items()
        if name.partition(".")[0] == reading.name and name.partition(".")[2] in reading.figures
    ]
    status = worst([finding["status"] for finding in findings])
    if reading.error:
        status = "critical" if reading.away else "unknown"
    bad = [_words(finding, chosen[finding["measure"]]) for finding in findings if finding["status"] != "ok"]
    return {
        "name": reading.name,
        "status": status,
        "figures": reading.figures,
        "findings": findings,
        "words": "; ".join(filter(None, [reading.error, *bad, reading.note])) or "well",
    }


def worst(statuses: list[Status]) -> Status:
    return next((status for status in WORST_FIRST if status in statuses), "ok")


def _finding(measure: str, value: float, limit: Limits) -> Finding:
    return {
        "measure": measure,
        "value": value,
        "unit": limit.unit,
        "warn": limit.warn,
        "critical": limit.critical,
        "status": limit.judge(value),
    }


def _words(finding: Finding, limit: Limits) -> str:
    at = limit.critical if finding["status"] == "critical" else limit.warn
    side = "below" if limit.low else "from"
    return f"{_shown(finding['value'], limit)} {limit.words} ({finding['status']} {side} {_shown(at, limit)})"


def _shown(value: float, limit: Limits) -> str:
    return f"{value:.0%}" if limit.unit == "share" else f"{value:,.10g} {limit.unit}"
