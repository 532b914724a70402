"""Where the boxes of a graph go: in layers from left to right, with few crossings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 152, 58  # of a box; all numbers are pixels
ACROSS, DOWN = 36, 26  # between boxes
LINE = 12  # the room that a line takes where it passes a layer
MARGIN = 14
SWEEPS = 4

Needs = Mapping[str, set[str]]
Point = tuple[int, int]
Place = str | tuple[str, str, int]  # a box, or where a line from one to another passes a layer
Links = dict[Place, list[Place]]


@dataclass(frozen=True)
class Layout:
    """The left upper corner of each box, and the points of each line from the right of one to the left of another."""

    width: int
    height: int
    boxes: dict[str, Point]
    lines: list[list[Point]]


def lay_out(needs: Needs) -> Layout:
    """Lay out what needs what. Of a line that only says what longer ways say already, nothing is drawn."""
    layers = _layers(needs)
    needed = _reduced({key: {one for one in found if layers[one] < layers[key]} for key, found in needs.items()})
    ways = [_way(one, key, layers) for key, found in needed.items() for one in sorted(found)]
    columns = _columns(layers, ways)
    _sort(columns, ways)
    heights = [_height(column) for column in columns]
    tallest = max(heights, default=0)
    centres = _centres(columns, [(tallest - height) // 2 for height in heights])
    return Layout(
        width=2 * MARGIN + len(columns) * (WIDTH + ACROSS) - ACROSS,
        height=2 * MARGIN + tallest,
        boxes={key: (x, y - HEIGHT // 2) for key, (x, y) in centres.items() if isinstance(key, str)},
        lines=[_points(way, centres) for way in ways],
    )


def _layers(needs: Needs) -> dict[str, int]:
    """How many steps at most come before each. What runs in a circle comes first."""
    layers = {key: 0 for key, found in needs.items() if not found}
    waiting = {key: set(found) for key, found in needs.items() if found}
    while ready := [key for key, found in waiting.items() if found <= layers.keys()]:
        for key in ready:
            layers[key] = 1 + max(layers[one] for one in waiting.pop(key))
    return layers | dict.fromkeys(waiting, 0)


def _reduced(needs: Needs) -> dict[str, set[str]]:
    before: dict[str, set[str]] = {}

    def all_before(key: str) -> set[str]:
        if key not in before:
            before[key] = needs[key].union(*(all_before(one) for one in needs[key]))
        return before[key]

    return {
        key: {one for one in found if not any(one in all_before(other) for other in found)}
        for key, found in needs.items()
    }


def _way(start: str, end: str, layers: dict[str, int]) -> list[Place]:
    passed: list[Place] = [(start, end, layer) for layer in range(layers[start] + 1, layers[end])]
    return [start, *passed, end]


def _columns(layers: dict[str, int], ways: list[list[Place]]) -> list[list[Place]]:
    columns: list[list[Place]] = [[] for _ in range(1 + max(layers.values(), default=-1))]
    for key, layer in layers.items():
        columns[layer].append(key)
    for place in [place for way in ways for place in way]:
        if not isinstance(place, str):
            columns[place[2]].append(place)
    return columns


def _sort(columns: list[list[Place]], ways: list[list[Place]]) -> None:
    """Put each place near the middle of those that it is linked to, from left to right and back again."""
    before: Links = {}
    after: Links = {}
    for way in ways:
        for start, end in pairwise(way):
            after.setdefault(start, []).append(end)
            before.setdefault(end, []).append(start)
    for sweep in range(SWEEPS):
        links, order = (after, columns[::-1]) if sweep % 2 else (before, columns)
        for fixed, column in pairwise(order):
            _sort_by(column, links, {place: at for at, place in enumerate(fixed)})


def _sort_by(column: list[Place], links: Links, at: dict[Place, int]) -> None:
    stays = {place: float(here) for here, place in enumerate(column)}

    def middle(place: Place) -> float:
        linked = [at[other] for other in links.get(place, []) if other in at]
        return sum(linked) / len(linked) if linked else stays[place]

    column.sort(key=middle)


def _height(column: list[Place]) -> int:
    return sum(_room(place) for place in column) + DOWN * (len(column) - 1)


def _room(place: Place) -> int:
    return HEIGHT if isinstance(place, str) else LINE


def _centres(columns: list[list[Place]], tops: list[int]) -> dict[Place, Point]:
    """The left edge and the middle of the height of each place."""
    centres: dict[Place, Point] = {}
    for number, (column, top) in enumerate(zip(columns, tops, strict=True)):
        x, y = MARGIN + number * (WIDTH + ACROSS), MARGIN + top
        for place in column:
            centres[place] = (x, y + _room(place) // 2)
            y += _room(place) + DOWN
    return centres


def _points(way: list[Place], centres: dict[Place, Point]) -> list[Point]:
    """A line enters what it passes at its left, and leaves it at its right."""
    points: list[Point] = []
    for place in way:
        x, y = centres[place]
        points += [(x, y), (x + WIDTH, y)]
    return points[1:-1]
