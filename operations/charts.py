"""Charts as the server draws them: where the bars, ticks and words of an SVG go. `console/_chart.html` writes it.

A chart is `WIDTH` by `HEIGHT` units. Nothing depends on colour alone: each series has a pattern and a word, each bar
a title, and the numbers are in a table beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 36, 16, 16, 24  # room for the words around the bars
INNER, TALL = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
TICKS = 4  # spaces between lines at most
LETTERS = 8  # units that a letter of a label is wide
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each label. ``css`` is the class of its bars, ``pattern`` names their pattern."""

    name: str
    css: str
    values: Sequence[int]
    pattern: str = ""

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True)
class Bar:
    """A rectangle and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    css: str
    pattern: str
    words: str


@dataclass(frozen=True)
class Word:
    """A text in the picture, or the line that it belongs to."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A picture of numbers, ready to be written, and the same numbers as rows."""

    name: str
    title: str
    summary: str
    series: Sequence[Series]
    rows: Sequence[tuple[str, Sequence[int]]]
    bars: Sequence[Bar] = ()
    lines: Sequence[Word] = ()
    labels: Sequence[Word] = ()
    mark: Word | None = None
    of: str = "Time"
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = field(default=HEIGHT - BOTTOM)

    @property
    def is_empty(self) -> bool:
        return not any(series.total for series in self.series)


def columns(
    name: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    of: str,
    gap: float = 0.2,
    edges: Sequence[str] = (),
    mark: tuple[float, str] | None = None,
) -> Chart:
    """A column for each label with the ``series`` stacked upon each other.

    ``edges`` are the words between the columns, for a histogram; else each column has its label. ``mark``: a line
    across at this share of the width, and its word.
    """
    sums = [sum(one.values[place] for one in series) for place in range(len(labels))]
    step = nice_step(max(sums, default=0))
    top = step * max(1, math.ceil(max(sums, default=0) / step))
    return Chart(
        name=name,
        title=title,
        summary=_summary(title, labels, sums),
        series=series,
        rows=[(label, [one.values[place] for one in series]) for place, label in enumerate(labels)],
        bars=_stacked(labels, series, top, gap),
        lines=[Word(LEFT - 5, _y(value, top), short(value)) for value in range(0, top + 1, step)],
        labels=_at_edges(edges) if edges else _under(labels),
        mark=Word(round(LEFT + mark[0] * INNER, 1), TOP - 4, mark[1]) if mark else None,
        of=of,
    )


def sparkline(values: Sequence[int], width: int = 96, height: int = 24) -> str:
    """The points of a line through ``values`` for a polyline; empty where there is nothing to show."""
    if len(values) < 2 or not any(values):
        return ""
    most, wide = max(values), width / (len(values) - 1)
    places = ((number * wide, 1 + (height - 2) * (1 - value / most)) for number, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def nice_step(most: int) -> int:
    """The distance of the lines of a scale to ``most``: 1, 2 or 5 times a power of ten."""
    raw = most / TICKS
    if raw <= 1:
        return 1
    power = 10 ** math.floor(math.log10(raw))
    return next(int(step * power) for step in STEPS if step * power >= raw)


def short(number: int) -> str:
    """ "950", "1.2k", "40k", "3M"."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + letter
    return str(number)


def _y(value: float, top: int) -> float:
    return round(TOP + TALL * (1 - value / top), 1)


def _stacked(labels: Sequence[str], series: Sequence[Series], top: int, gap: float) -> list[Bar]:
    bars = []
    wide = INNER / max(1, len(labels))
    for place, label in enumerate(labels):
        below = 0
        for one in series:
            value = one.values[place]
            if value:
                x, y = LEFT + wide * (place + gap / 2), _y(below + value, top)
                words = f"{label}: {value:,} {one.name}"
                height = round(_y(below, top) - y, 1)
                bars.append(Bar(round(x, 1), y, round(wide * (1 - gap), 1), height, one.css, one.pattern, words))
            below += value
    return bars


def _under(labels: Sequence[str]) -> list[Word]:
    """The labels under their columns, as many as have room."""
    wide = INNER / max(1, len(labels))
    longest = max(map(len, labels), default=1) * LETTERS
    every = max(1, math.ceil(longest / wide))
    last = len(labels) - 1
    return [
        Word(round(LEFT + wide * (place + 0.5), 1), HEIGHT - 7, label)
        for place, label in enumerate(labels)
        if (last - place) % every == 0
    ]


def _at_edges(edges: Sequence[str]) -> list[Word]:
    wide = INNER / (len(edges) - 1)
    return [Word(round(LEFT + wide * place, 1), HEIGHT - 7, text) for place, text in enumerate(edges) if text]


def _summary(title: str, labels: Sequence[str], sums: Sequence[int]) -> str:
    total = sum(sums)
    if not total:
        return f"{title}: nothing."
    most = max(sums)
    return f"{title}: {total:,} in all, most of them ({most:,}) at {labels[list(sums).index(most)]}."
