"""What holds for a goal in words, whatever a model makes of it: results are checked, and nothing unchecked is loaded.

That a destructive action waits for a person is the engine's, for every plan.
"""

from collections.abc import Iterator
from typing import Any

from operations.planning import rules
from operations.planning.conformance import Conformance, call, meaning

Json = dict[str, Any]

LOADS, ROLL = ("florida_data", "upload"), "processed"
CHECKS, DATASET = ("data_quality", "validate"), "dataset"
NEEDED = {LOADS: CHECKS}  # for an action, the one that must come before it


def guard(steps: list[Json]) -> Conformance:
    """A checked plan with the rules that go with its actions, or the problems that stand against it."""
    checks = rules.checks()
    guarded = [
        step | ({"validation": checks[key]} if (key := (step["worker"], step["action"])) in checks else {})
        for step in steps
    ]
    return Conformance(guarded, list(_unchecked_loads(steps)))


def _unchecked_loads(steps: list[Json]) -> Iterator[str]:
    """A roll is loaded once the same roll was held against its rules, each by itself where there is a list of them."""
    checks = [(step["id"], meaning(step, steps)) for step in steps if (step["worker"], step["action"]) == CHECKS]
    for step in steps:
        if (step["worker"], step["action"]) != LOADS:
            continue
        load = meaning(step, steps)
        roll = load["arguments"].get(ROLL)
        fits = [
            step_id
            for step_id, check in checks
            if check["over"] == load["over"] and check["arguments"].get(DATASET) == f"{roll}.{DATASET}"
        ]
        if not set(fits) & load["after"]:
            check = ".".join(CHECKS)
            yield f"{step['id']}: {call(step)} must come after {check} of the same roll, going over the same list."
