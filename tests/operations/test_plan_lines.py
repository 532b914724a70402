"""The terse lines in which a model writes a plan: what they say, and what is wrong with those that say nothing."""

from typing import Any

import pytest

from operations.planning import wire

ACTIONS = {"look": ("plant", "look"), "plant.look": ("plant", "look"), "load": ("plant", "load")}
NAMES = {("plant", "look"): "look", ("plant", "load"): "load"}

SAID: list[tuple[str, dict[str, Any]]] = [
    ("E1=look()", {"arguments": {}}),
    ("E1 = plant.look( a = 1 , b : [2] )", {"arguments": {"a": 1, "b": [2]}}),
    ('E1=look(text="a, (b) \\"c\\" #E2")', {"arguments": {"text": 'a, (b) "c" #E2'}}),
    ("E1=look(a=#E2.files.0,b=$counties,c=#item)", {"arguments": {"a": "#E2.files.0", "b": "$counties", "c": "#item"}}),
    (
        'E1=look(all=[#E2,#E3[1].x,"y"],more={"z":#E4})',
        {"arguments": {"all": ["#E2", "#E3[1].x", "y"], "more": {"z": "#E4"}}},
    ),
    ("E1=look(a=#E2.data.$dataset)", {"arguments": {"a": "#E2.data.$dataset"}}),
    ("E1=look() each #E2.files", {"arguments": {}, "for_each": "#E2.files"}),
    ("E1=look() each [1,2] after E3, #E4", {"arguments": {}, "for_each": [1, 2], "depends_on": ["E3", "E4"]}),
    ("E1=look() each $counties after E2", {"arguments": {}, "for_each": "$counties", "depends_on": ["E2"]}),
    (
        "E1=look(text='a, (b) \"c\"',all=['Saint Johns','#E2'])",
        {"arguments": {"text": 'a, (b) "c"', "all": ["Saint Johns", "#E2"]}},
    ),
    (r"E1=look(text='Denny\'s',more={'z':#E4})", {"arguments": {"text": "Denny's", "more": {"z": "#E4"}}}),
    ("E1=look(a=null,b=-1.5,c=true,)", {"arguments": {"a": None, "b": -1.5, "c": True}}),
]
FAULTS: list[tuple[Any, str]] = [
    (5, "a step is a text"),
    ("x" * 5000, "a step is a text of at most 4000 characters"),
    ("look the numbers up", "does not begin as E1=action("),
    ("E1=lock()", "E1: there is no action 'lock' here"),
    ("E1=look(a)", "E1: 'a)' is not name=value"),
    ("E1=look(a=maybe)", "E1: a: 'maybe)' is neither JSON nor a reference"),
    ("E1=look(a=1 b=2)", "E1: after a there is neither a comma nor a closing bracket"),
    ("E1=look(a=1,a=2)", "E1: a is given twice"),
    ("E1=look(a='open)", 'E1: a: "\'open)" is neither JSON nor a reference'),
    ("E1=look(a=1", "E1: after a there is neither a comma nor a closing bracket"),
    ("E1=look() every #E2", "E1: 'every \"#E2\"' is neither each LIST nor after E1,E2"),
    ("E1=look() each 5", "E1: each needs a list or a reference to one"),
    ("E1=look(a=" + "[" * 3000 + ")", "neither JSON nor a reference"),
]


@pytest.mark.parametrize(("line", "step"), SAID)
def test_a_line_says_a_step(line: str, step: dict[str, Any]) -> None:
    assert wire.read_line(line, ACTIONS) == {"id": "E1", "worker": "plant", "action": "look"} | step


@pytest.mark.parametrize("step", [step for _, step in SAID])
def test_what_is_written_is_read_back(step: dict[str, Any]) -> None:
    whole = {"id": "E1", "worker": "plant", "action": "load"} | step

    assert wire.read(wire.write([whole], NAMES), ACTIONS) == ([whole], [])


@pytest.mark.parametrize(("line", "words"), FAULTS)
def test_a_line_that_says_no_step_is_told_apart(line: Any, words: str) -> None:
    steps, [problem] = wire.read([line], ACTIONS)

    assert steps == []
    assert problem.startswith("Line 1: ")
    assert words in problem


def test_a_list_that_does_not_end_is_cut() -> None:
    steps, problems = wire.read(["E1=look()"] * 1000, ACTIONS)

    assert len(steps) == wire.MAX_LINES
    assert problems == ["There are more than 100 lines."]
