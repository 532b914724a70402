"""A sample operation for each type, and what it takes to do it: what the scripted model decides, whoever asks it.

For the types that rules can plan, the decisions are the rules'. A goal in words has none, so its steps stand here.
"""

import re
from typing import Any

from operations.evidence import REFERENCE
from operations.models import Operation
from operations.planning import plan, rules, types
from operations.states import OperationType

Json = dict[str, Any]

PROCESS_GOAL = (
    "Fetch the newest NAL rolls of Duval and Saint Johns from the sample source and process them strictly; "
    "load nothing."
)
GOALS: dict[str, list[Json]] = {
    PROCESS_GOAL: [
        {
            "id": "E1",
            "worker": "florida_data",
            "action": "discover",
            "arguments": {"counties": ["Duval", "Saint Johns"], "file_types": ["NAL"], "source": "sample"},
        },
        {
            "id": "E2",
            "worker": "florida_data",
            "action": "download",
            "for_each": "#E1.files",
            "arguments": {"file": "#item"},
        },
        {
            "id": "E3",
            "worker": "florida_data",
            "action": "process",
            "for_each": "#E2",
            "arguments": {"download": "#item", "level": "strict"},
        },
    ]
}

SAID = ("id", "worker", "action", "arguments", "for_each", "depends_on")

RULE: Json = {
    "name": "small_and_cheap_is_vacant",
    "origin": "what reviewers decided in spring",
    "when": [
        {"field": "jv", "op": "at_most", "value": 20000},
        {"field": "tot_lvg_ar", "op": "is_blank", "value": None},
    ],
    "sets": {"field": "dor_uc", "value": "000"},
    "tests": [
        {"row": {"jv": 9000, "tot_lvg_ar": None}, "applies": True},
        {"row": {"jv": 250000, "tot_lvg_ar": 1850}, "applies": False},
    ],
}

# Of each type: what is posted first, and the same kind of request again, as the next day brings it.
ROLLS = {"file_types": ["SDF", "NAP"], "source": "sample"}
SAMPLES: dict[str, tuple[Json, Json]] = {
    OperationType.DATA_PIPELINE: (
        {"counties": ["Duval", "Broward"], **ROLLS},
        {"counties": ["Broward", "Saint Johns"], **ROLLS},
    ),
    OperationType.DATA_VALIDATION: (
        {"counties": ["Duval", "Broward"], **ROLLS},
        {"counties": ["Broward", "Saint Johns"], **ROLLS},
    ),
    OperationType.PERFORMANCE_CHECK: ({}, {}),
    OperationType.AI_INFERENCE: (
        {"task": "rules", "rules": [RULE], "dry_run": True},
        {"task": "rules", "rules": [RULE], "dry_run": True},
    ),
    OperationType.CUSTOM: ({"goal": PROCESS_GOAL}, {"goal": PROCESS_GOAL}),
}
DEFAULT: tuple[Json, Json] = ({"test": True}, {"test": True})


def available() -> list[str]:
    """The operation types that can be planned now, in the order in which they are offered."""
    return list(types.CHECKS)


def sample(operation_type: str) -> tuple[Json, Json]:
    """The parameters of the first and of the second sample operation of a type."""
    return SAMPLES.get(operation_type, DEFAULT)


def decisions(operation_type: str, parameters: Json) -> list[Json]:
    """The steps that do what is asked, each after those it needs, numbered from E1; empty: nobody knows.

    Only what a planner says itself: rules and gates are the engine's.
    """
    if operation_type == OperationType.CUSTOM:
        steps = GOALS.get(parameters.get("goal", ""), [])
    elif operation_type in rules.TEMPLATES:
        steps = rules.make(Operation(operation_type=operation_type, parameters=parameters))["steps"]
    else:
        steps = []
    ordered = [step for together in rounds(steps) for step in together]
    ids = {step["id"]: f"E{number}" for number, step in enumerate(ordered, 1)}
    return [_renumbered({name: step[name] for name in SAID if name in step}, ids) for step in ordered]


def rounds(steps: list[Json]) -> list[list[Json]]:
    """The steps in groups: each needs only what earlier groups brought."""
    done: set[str] = set()
    groups: list[list[Json]] = []
    left = list(steps)
    while ready := [step for step in left if plan.needs(step) <= done]:
        groups.append(ready)
        done |= {step["id"] for step in ready}
        left = [step for step in left if step["id"] not in done]
    return groups


def _renumbered(value: Any, ids: dict[str, str]) -> Any:
    """``value`` with the ids of steps, and the references to them, replaced."""
    if isinstance(value, str):
        return ids.get(value) or REFERENCE.sub(lambda match: _reference(match, ids), value)
    if isinstance(value, dict):
        return {name: _renumbered(part, ids) for name, part in value.items()}
    return [_renumbered(part, ids) for part in value] if isinstance(value, list) else value


def _reference(match: re.Match[str], ids: dict[str, str]) -> str:
    return f"#{match[1]}{ids.get(match[2], match[2])}{match[3]}"
