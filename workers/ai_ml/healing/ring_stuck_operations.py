"""ring_stuck_operations: operations that should move and that nobody has come for are rung for."""

from collections.abc import Iterator
from typing import Any

from workers import concord_api
from workers.ai_ml.healing.remedy import Over, Remedy, Visit

Json = dict[str, Any]


def look(visit: Visit) -> Iterator[tuple[str, str]]:
    for operation in _stuck():
        yield operation["operation_id"], _words(operation)


def mend(visit: Visit, target: str) -> str:
    if target not in {operation["operation_id"] for operation in _stuck()}:
        raise Over(f"{target} is not stuck any more.")
    try:
        concord_api.post(f"/operations/{target}/ring", {})
    except concord_api.Conflict as error:
        raise Over(f"{target} is not stuck any more: {error}") from error
    return f"Rang for {target}."


def _stuck() -> list[Json]:
    return concord_api.get("/performance/stuck")["operations"]


def _words(operation: Json) -> str:
    named = f"{operation['operation_id']} ({operation['operation_type']}) is {operation['status']}"
    seconds = f"{operation['seconds']:,.0f} s"
    if operation["due"]:
        return f"{named}, and for {seconds} nobody has taken it up."
    return f"{named}, but nobody is to come for it; it was last changed {seconds} ago."


REMEDY = Remedy("ring_stuck_operations", "rings for operations that nobody has come for", look, mend)
