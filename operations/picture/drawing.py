"""The picture of a plan, ready for a template to draw as SVG."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from operations.masking.hiding import text as masked
from operations.models import Operation
from operations.picture.layout import HEIGHT, WIDTH, Point, lay_out
from operations.picture.nodes import Drawn, Node, nodes_of
from operations.showing import shortened, visible
from operations.states import StepStatus

NAME, ACTION, NOTE = 15, 20, 21  # characters that a box has room for
# Drawn in a square of 12 pixels: nobody has to tell states by their colour.
ICONS: dict[str, str] = {
    StepStatus.PENDING: "M6 1.5a4.5 4.5 0 1 0 .01 0",
    StepStatus.RUNNING: "M3 1.5 10 6 3 10.5Z",
    StepStatus.COMPLETED: "M1.5 6.5 4.5 9.5 10.5 2.5",
    StepStatus.FAILED: "M2 2 10 10M10 2 2 10",
    StepStatus.SKIPPED: "M1.5 6H10.5M7.5 3 10.5 6 7.5 9",
    StepStatus.CANCELLED: "M6 1.5a4.5 4.5 0 1 0 .01 0M3 3 9 9",
    StepStatus.AWAITING_APPROVAL: "M4 1.5V10.5M8 1.5V10.5",
}
SHORT: dict[str, str] = {StepStatus.AWAITING_APPROVAL: "waits"}


@dataclass(frozen=True)
class Box:
    """A node at its place. ``said`` is all of it in words."""

    x: int
    y: int
    link: str
    name: str
    action: str
    note: str
    state: str
    word: str
    icon: str
    said: str
    is_marked: bool


@dataclass(frozen=True)
class Key:
    """A line of the legend."""

    state: str
    word: str
    icon: str


@dataclass(frozen=True)
class Picture:
    """Boxes and curves in an area of ``width`` by ``height`` pixels, with a summary in words."""

    width: int
    height: int
    boxes: list[Box]
    curves: list[str]
    legend: list[Key]
    summary: str
    left_out: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


def picture_of(operation: Operation, marked: Collection[str] = ()) -> Picture | None:
    """The plan of ``operation`` as a picture; None where there is none yet. The steps ``marked`` are marked in it."""
    drawn = nodes_of(operation, marked)
    if not drawn.nodes:
        return None
    laid = lay_out({name: node.needs for name, node in drawn.nodes.items()})
    states = {node.state for node in drawn.nodes.values()}
    return Picture(
        width=laid.width,
        height=laid.height,
        boxes=[_box(node, *laid.boxes[name]) for name, node in drawn.nodes.items()],
        curves=[_curve(points) for points in laid.lines],
        legend=[Key(state, state.label.lower(), ICONS[state]) for state in StepStatus if state in states],
        summary=_summary(drawn),
        left_out=drawn.left_out,
    )


def tally(states: Counter[str]) -> str:
    """ "198 completed, 3 failed"."""
    return ", ".join(f"{states[state]:,} {state.label.lower()}" for state in StepStatus if states[state])


def _box(node: Node, x: int, y: int) -> Box:
    word = SHORT.get(node.state, node.state.label.lower())
    note = tally(node.states) if node.is_fold else node.label
    told = tally(node.states) if node.is_fold else node.state.label.lower()
    after = f", after {', '.join(sorted(node.needs)[:8])}" if node.needs else ""
    marked = ", asked about" if node.is_marked else ""
    label = f" {node.label}" if node.label else ""
    return Box(
        x=x,
        y=y,
        link=node.link,
        name=_fit(node.name, NAME),
        action=_fit(node.action.partition(".")[2] or node.action, ACTION),
        note=_fit(note, NOTE),
        state=node.state,
        word="" if node.is_fold else word,
        icon=ICONS[node.state],
        said=shortened(visible(masked(f"{node.name} {node.action}{label}: {told}{marked}{after}")), 300),
        is_marked=node.is_marked,
    )


def _fit(text: str, room: int) -> str:
    text = visible(masked(text))
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _curve(points: list[Point]) -> str:
    """A curve between boxes, and a straight line where it passes a layer."""
    (x, y), *rest = points
    drawn = [f"M{x} {y}"]
    for number, (to_x, to_y) in enumerate(rest):
        middle = (x + to_x) // 2
        drawn.append(f"L{to_x} {to_y}" if number % 2 else f"C{middle} {y} {middle} {to_y} {to_x} {to_y}")
        x, y = to_x, to_y
    return "".join(drawn)


def _summary(drawn: Drawn) -> str:
    states = sum((node.states for node in drawn.nodes.values()), Counter[str]())
    asked = [node.name for node in drawn.nodes.values() if node.is_marked]
    words = f"{states.total():,} steps: {tally(states)}." if states.total() > 1 else f"One step: {tally(states)}."
    return f"{words} Asked about: {', '.join(asked[:6])}{'…' if len(asked) > 6 else ''}." if asked else words
