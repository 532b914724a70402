"""The plan of a performance check: each thing to look at is a step of its own, and none waits for another."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

USUAL = ("health", "performance", "completion")


def asked(parameters: Json) -> Json:
    """The parameters as plans use them: all counties is what is looked at where none is named."""
    return {name: value for name, value in parameters.items() if (name, value) != ("counties", "all")}


def steps(parameters: Json) -> list[Json]:
    """A step for each of ``checks``: the usual ones, and parity where two sides are given."""
    usual = [*USUAL, *(["parity"] if "left" in parameters else [])]
    return [
        {"id": f"E{number}", "worker": "performance", **STEPS[name](parameters)}
        for number, name in enumerate(parameters.get("checks") or usual, 1)
    ]


def _health(parameters: Json) -> Json:
    return {
        "action": "monitor_health",
        "arguments": _given(parameters, "thresholds"),
        "expected_output": "each part of the installation with its figures: ok, warn or critical",
        "validation": [
            {"check": "equals", "path": "critical", "value": 0, "words": "no part of the installation is critical"}
        ],
    }


def _performance(parameters: Json) -> Json:
    return {
        "action": "analyze_performance",
        "arguments": _given(parameters, "hours", "baseline_days", "operation_type"),
        "expected_output": "latencies, what became slower, and the bottleneck",
        "validation": [
            {
                "check": "is_empty",
                "path": "regressions",
                "severity": "warning",
                "words": "nothing became slower than it was",
            }
        ],
    }


def _completion(parameters: Json) -> Json:
    return {
        "action": "track_completion",
        "arguments": _given(parameters, "datasets", "counties", "year"),
        "expected_output": "what is loaded and what is missing, by dataset and county",
    }


def _parity(parameters: Json) -> Json:
    return {
        "action": "check_data_parity",
        "arguments": _given(parameters, "left", "right", "key", "columns", "partition"),
        "expected_output": "the same rows on both sides, or those that differ",
        "validation": [{"check": "is_true", "path": "agree", "words": "both sides hold the same rows"}],
    }


def _given(parameters: Json, *names: str) -> Json:
    return {name: parameters[name] for name in names if parameters.get(name) is not None}


STEPS: dict[str, Callable[[Json], Json]] = {
    "health": _health,
    "performance": _performance,
    "completion": _completion,
    "parity": _parity,
}
