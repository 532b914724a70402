"""The plans of ai_inference: each task begins with an action of the worker ai_ml; most are done with that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.planning import healing

Json = dict[str, Any]

USUAL = "use_codes"


@dataclass(frozen=True)
class Task:
    """An action, the parameters that it takes and needs, and what is held against its result.

    ``then`` gives the steps that follow it, by the parameters; ``only_then`` are those that only they read.
    """

    action: str
    takes: Sequence[str]
    expected: str
    needs: Sequence[str] = ()
    validation: Sequence[Json] = ()
    then: Callable[[Json], list[Json]] = lambda parameters: []
    only_then: Sequence[str] = ()

    @property
    def known(self) -> set[str]:
        """All parameters that mean something here."""
        return {*self.takes, *self.only_then}


TASKS: Mapping[str, Task] = {
    "use_codes": Task(
        "assign_use_codes",
        ("roll", "counties", "rows", "training", "threshold", "doubt_above"),
        "use codes for the parcels that lack one, and those that a person should decide",
        validation=(
            {"check": "is_empty", "path": "review_items", "words": "no use code is unsure or looks wrong"},
            {"check": "present", "path": "model", "severity": "warning", "words": "a model could learn"},
        ),
    ),
    "rules": Task(
        "store_rules",
        ("rules", "restore", "dry_run"),
        "the rules with the versions that are in force",
    ),
    "monitoring": Task(
        "run_monitoring_ai",
        ("series", "hours", "baseline_days"),
        "values of the metrics that do not fit their past",
        validation=(
            {"check": "is_empty", "path": "anomalies", "severity": "warning", "words": "all values fit their past"},
        ),
    ),
    "healing": Task(
        "execute_self_healing",
        ("remedies", "stale_after_days"),
        "what is stuck, open, orphaned or stale, with the remedy for each",
        then=healing.steps,
        only_then=("dry_run",),
    ),
    "question": Task(
        "handle_chat_query",
        ("question", "limit"),
        "the answer with its rows, and the query behind it",
        needs=("question",),
    ),
}
# What a parameter is, where a message names it.
WORDS = {
    "rules": "a list of rules: [{name, origin, when, sets, tests}]",
    "restore": 'an object of versions by rule: {"name": 1}, 0 for none',
    "rows": "a dataset reference of a processed roll",
    "question": "a question about the loaded data: a text of 3 to 1000 characters",
    "series": 'an object of values by name: {"name": [1.0, 1.1]}',
    "training": "a dataset reference of a processed roll",
}


def asked(parameters: Json) -> Json:
    """The parameters as plans use them: all counties is what is looked at where none is named."""
    return {name: value for name, value in parameters.items() if (name, value) != ("counties", "all")}


def steps(parameters: Json) -> list[Json]:
    """The step of the task that is asked for, and those that follow it."""
    task = TASKS[parameters.get("task") or USUAL]
    step: Json = {
        "id": "E1",
        "worker": "ai_ml",
        "action": task.action,
        "arguments": {name: parameters[name] for name in task.takes if parameters.get(name) is not None},
        "expected_output": task.expected,
    }
    return [step | ({"validation": list(task.validation)} if task.validation else {}), *task.then(parameters)]
