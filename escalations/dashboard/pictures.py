"""The dashboard's charts."""

from datetime import datetime

from django.conf import settings

from escalations.dashboard.lately import BANDS, OUTCOMES
from escalations.dashboard.now import AGES
from escalations.dashboard.periods import Period
from operations.charts import Chart, Series, columns
from operations.states import Status

PATTERNS = {Status.REJECTED: "dots", Status.FAILED: "stripes", Status.CANCELLED: "lines"}


def throughput(name: str, title: str, times: list[datetime], counted: dict[str, list[int]], clock: str) -> Chart:
    """Operations that ended, by hour or day and by outcome; ``clock`` is how a time is written."""
    series = [Series(Status(way).label, f"fill-{way}", counted[way], PATTERNS.get(way, "")) for way in OUTCOMES]
    return columns(name, title, [format(time, clock) for time in times], series, of="From (UTC)")


def ages(counted: list[int]) -> Chart:
    """The open questions by how long they have been waiting."""
    words = [text for _, text in AGES]
    labels = [f"up to {words[0]}", *[f"up to {text}" for text in words[1:]], f"over {words[-1]}"]
    series = [Series("Waiting", "fill-escalating", counted)]
    return columns("ages", "Waiting for a person, by age", labels, series, of="Age", gap=0.08, edges=["0", *words, ""])


def confidence(bands: list[int], period: Period) -> Chart:
    """How sure Concord was, with the threshold below which a person is asked."""
    edges = [f"{band * 100 // BANDS} %" if band % 4 == 0 else "" for band in range(BANDS + 1)]
    labels = [f"{band * 100 // BANDS} to {(band + 1) * 100 // BANDS} %" for band in range(BANDS)]
    threshold = settings.CONFIDENCE_THRESHOLD
    return columns(
        "confidence",
        f"Confidence of what ended, {period.words}",
        labels,
        [Series("Operations", "fill-plain", bands)],
        of="Confidence",
        gap=0.06,
        edges=edges,
        mark=(threshold, f"a person below {threshold * 100:.0f} %"),
    )
