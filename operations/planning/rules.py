"""The rules planner: a template per operation type. No model, no tokens."""

from collections.abc import Callable
from typing import Any

from operations.models import Operation
from operations.planning.types import FILE_TYPES
from operations.states import OperationType
from workers.florida_data.sample import standard as sample

Json = dict[str, Any]


def make(operation: Operation) -> Json:
    """The plan for ``operation``, as data: ``{"steps": [...]}``."""
    return {"steps": TEMPLATES[operation.operation_type](operation.parameters)}


def _data_pipeline(parameters: Json) -> list[Json]:
    """discover → download → process → validate → upload → verify, a branch per county and file type.

    A branch whose data break a rule waits for a person before it is uploaded; the others go on.
    """
    steps = _rolls(parameters)
    if parameters.get("test"):
        return steps
    return [
        *steps,
        {
            "id": "E5",
            "worker": "florida_data",
            "action": "upload",
            "for_each": "#E3",
            "label": "#item.label",
            "arguments": {"processed": "#item"},
            "depends_on": ["E4"],
            "expected_output": "the release in the warehouse",
        },
        {
            "id": "E6",
            "worker": "florida_data",
            "action": "verify",
            "for_each": "#E2",
            "label": "#item.label",
            "arguments": {"downloaded": "#item", "processed": "#E3", "uploaded": "#E5"},
            "expected_output": "the same counts at the source, processed, quarantined and loaded",
            "validation": [{"check": "is_true", "path": "agree", "words": "the counts agree from source to table"}],
        },
    ]


def _data_validation(parameters: Json) -> list[Json]:
    """discover → download → process → validate: nothing is loaded."""
    return _rolls(parameters, gate=False)


def _rolls(parameters: Json, *, gate: bool = True) -> list[Json]:
    test = bool(parameters.get("test"))
    asked = parameters.get("counties") or (list(sample.CLEAN) if test else [])
    wanted = {
        "counties": [] if asked == "all" else asked,
        "file_types": parameters.get("file_types") or list(FILE_TYPES),
    }
    wanted |= {name: parameters[name] for name in ("source", "year", "stage") if parameters.get(name)}
    if test:
        wanted["source"] = "sample"
    return [
        {
            "id": "E1",
            "worker": "florida_data",
            "action": "discover",
            "arguments": wanted,
            "expected_output": "the newest file of each county and type",
            "validation": [
                {"check": "is_empty", "path": "missing", "words": "the source has a file for all that was asked for"}
            ],
        },
        {
            "id": "E2",
            "worker": "florida_data",
            "action": "download",
            "for_each": "#E1.files",
            "label": "#item.label",
            "arguments": {"file": "#item"},
            "expected_output": "the archive, complete and checked",
        },
        {
            "id": "E3",
            "worker": "florida_data",
            "action": "process",
            "for_each": "#E2",
            "label": "#item.label",
            "arguments": {"download": "#item", "level": parameters.get("level") or "standard"},
            "expected_output": "typed rows, and those that cannot be used with the reasons",
        },
        {
            "id": "E4",
            "worker": "data_quality",
            "action": "validate",
            "for_each": "#E3",
            "label": "#item.label",
            "arguments": {
                "dataset": "#item.dataset",
                "file_type": "#item.file_type",
                "county_no": "#item.county_no",
                "year": "#item.year",
                "stage": "#item.stage",
            },
            "expected_output": "a result per rule",
            "validation": [
                {"check": "is_empty", "path": "broken", "gate": gate, "words": "every rule of severity error holds"}
            ],
        },
    ]


def _custom(parameters: Json) -> list[Json]:
    return parameters["steps"]


TEMPLATES: dict[str, Callable[[Json], list[Json]]] = {
    OperationType.DATA_PIPELINE: _data_pipeline,
    OperationType.DATA_VALIDATION: _data_validation,
    OperationType.CUSTOM: _custom,
}
