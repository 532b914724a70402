"""What an operation brought, from its steps. Pure."""

from collections.abc import Sequence
from typing import Any

from operations.canonical import canonical
from operations.models import Operation, Step
from operations.states import OperationType, StepStatus

Json = dict[str, Any]

MAX_BYTES = 256 * 1024


def summarise(operation: Operation, steps: Sequence[Step]) -> Json:
    """The operation's ``result``: for the rolls the counts that clients rely on, else each step's result."""
    done = [step for step in steps if step.status == StepStatus.COMPLETED and step.for_each is None]
    counts: Json = {"steps_executed": len(done)}
    if operation.operation_type in (OperationType.DATA_PIPELINE, OperationType.DATA_VALIDATION):
        return counts | _rolls(done)
    results = {step.step_id: step.result for step in done}
    if len(canonical(results)) > MAX_BYTES:
        return counts | {"steps": list(results), "note": "The results are too large to repeat here; see the steps."}
    return counts | {"results": results}


def _rolls(done: list[Step]) -> Json:
    by_action: dict[str, list[Json]] = {}
    files: dict[int | None, Json] = {}
    for step in done:
        if not isinstance(step.result, dict):
            continue
        by_action.setdefault(step.action, []).append(step.result)
        if step.index is not None:
            files.setdefault(step.index, {"label": step.label}).update(_told(step.action, step.result))
    return {
        "files_downloaded": len(by_action.get("download", [])),
        "records_processed": _sum(by_action.get("process", []), "rows_processed"),
        "records_quarantined": _sum(by_action.get("process", []), "rows_quarantined"),
        "records_uploaded": _sum(by_action.get("upload", []), "rows_uploaded"),
        "files": [files[index] for index in sorted(files, key=lambda index: index or 0)],
        "missing": [entry for result in by_action.get("discover", []) for entry in result.get("missing", [])],
    }


TOLD = {
    "download": ("release", "unchanged"),
    "process": ("rows_read", "rows_processed", "rows_quarantined", "quarantine_reasons"),
    "validate": ("passed", "failed", "warnings"),
    "upload": ("table", "rows_uploaded", "already_loaded"),
    "verify": ("agree",),
}


def _told(action: str, result: Json) -> Json:
    return {name: result[name] for name in TOLD.get(action, ()) if name in result}


def _sum(results: list[Json], name: str) -> int:
    return sum(result.get(name, 0) for result in results)
