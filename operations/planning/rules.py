"""The rules planner: a template per operation type. No model, no tokens."""

from collections.abc import Callable
from typing import Any

from operations.models import Operation
from operations.planning import ai_inference, entity_sync, performance_check
from operations.planning.types import FILE_TYPES, spelled_out
from operations.states import OperationType
from workers.florida_data.sample import standard as sample

Json = dict[str, Any]


def has_template(operation: Operation) -> bool:
    """Can rules plan operations of this type at all?"""
    return operation.operation_type in TEMPLATES


def make(operation: Operation) -> Json:
    """The plan for ``operation``, as data: ``{"steps": [...]}``."""
    return {"steps": TEMPLATES[operation.operation_type](asked(operation))}


def checks() -> dict[tuple[str, str], list[Json]]:
    """The validation rules that go with an action wherever a plan has it: those of the loading of rolls."""
    given = _roll_defaults({"counties": "all"})
    steps = [*_data_pipeline(given), *_data_pipeline(given | {"only": "gaps"})]
    return {(step["worker"], step["action"]): step["validation"] for step in steps if "validation" in step}


def asked(operation: Operation) -> Json:
    """The parameters as plans use them: spelled out, with the defaults, without those that only Concord reads."""
    fill = DEFAULTS.get(operation.operation_type, dict)
    return {name: value for name, value in fill(operation.parameters).items() if name not in NOT_PLANNED}


def _roll_defaults(parameters: Json) -> Json:
    test = bool(parameters.get("test"))
    counties = parameters.get("counties") or (list(sample.CLEAN) if test else [])
    filled = {
        "counties": [] if counties == "all" else counties,
        "file_types": spelled_out(parameters.get("file_types") or FILE_TYPES),
        "level": parameters.get("level") or "standard",
    }
    filled |= {name: parameters[name] for name in ("source", "year", "stage", "only") if parameters.get(name)}
    return filled | ({"source": "sample", "test": True} if test else {})


def _data_pipeline(parameters: Json) -> list[Json]:
    """discover → download → process → validate → upload → verify, a branch per county and file type.

    Where only gaps are to be loaded, fill_gaps takes the place of discover.
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
            "validation": [
                {"check": "is_true", "path": "agree", "words": "the counts agree from source to table"},
                {"check": "is_empty", "path": "unknown_parcels", "words": "the parcel of every sale is loaded"},
            ],
        },
    ]


def _data_validation(parameters: Json) -> list[Json]:
    """discover → download → process → validate: nothing is loaded."""
    return _rolls(parameters, gate=False)


def _rolls(parameters: Json, *, gate: bool = True) -> list[Json]:
    return [
        _files(parameters),
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
            "arguments": {"download": "#item", "level": parameters["level"]},
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


def _files(parameters: Json) -> Json:
    """The step that says which files: the newest of each county and type, or only those that fill a gap."""
    gaps = parameters.get("only") == "gaps"
    return {
        "id": "E1",
        "worker": "florida_data",
        "action": "fill_gaps" if gaps else "discover",
        "arguments": {name: parameters[name] for name in ASKED if name in parameters},
        "expected_output": "a file for each gap" if gaps else "the newest file of each county and type",
        "validation": [
            {
                "check": "is_empty",
                "path": "missing",
                "words": f"the source has a file for all that {'is not loaded' if gaps else 'was asked for'}",
            }
        ],
    }


ASKED = ("counties", "file_types", "source", "year", "stage")
# Read by the pipeline, of no concern to a plan.
NOT_PLANNED = frozenset({"plan_only"})
DEFAULTS: dict[str, Callable[[Json], Json]] = {
    OperationType.PERFORMANCE_CHECK: performance_check.asked,
    OperationType.ENTITY_SYNC: entity_sync.asked,
    OperationType.AI_INFERENCE: ai_inference.asked,
    OperationType.DATA_PIPELINE: _roll_defaults,
    OperationType.DATA_VALIDATION: _roll_defaults,
}
TEMPLATES: dict[str, Callable[[Json], list[Json]]] = {
    OperationType.DATA_PIPELINE: _data_pipeline,
    OperationType.DATA_VALIDATION: _data_validation,
    OperationType.PERFORMANCE_CHECK: performance_check.steps,
    OperationType.ENTITY_SYNC: entity_sync.steps,
    OperationType.AI_INFERENCE: ai_inference.steps,
}
