"""reset_circuit: a worker whose calls failed, but that is well again, is called again without delay."""

from collections.abc import Iterator
from typing import Any

from workers import client, concord_api
from workers.ai_ml.healing.remedy import Over, Remedy, Visit

Json = dict[str, Any]


def look(visit: Visit) -> Iterator[tuple[str, str]]:
    for worker in _tripped():
        visit.call.check()
        if _is_well(worker):
            yield worker["name"], _words(worker)


def mend(visit: Visit, target: str) -> str:
    worker = next((worker for worker in _tripped() if worker["name"] == target), None)
    if worker is None:
        raise Over(f"The circuit of {target} is closed.")
    if not _is_well(worker):
        raise Over(f"{target} does not answer /health now, so its circuit stays open.")
    try:
        concord_api.post(f"/workers/{target}/reset", {"failures": worker["failures"]})
    except concord_api.Conflict as error:
        raise Over(f"The circuit of {target} changed in the meantime: {error}") from error
    return f"Closed the circuit of {target}, forgetting {worker['failures']} failed calls."


def _tripped() -> list[Json]:
    """The enabled workers whose circuit opened, and has not been closed by a call since.

    It is open for seconds only, but then a single failure opens it again.
    """
    return [worker for worker in concord_api.get("/workers")["results"] if worker["enabled"] and worker["open_until"]]


def _is_well(worker: Json) -> bool:
    try:
        return client.health(worker["url"]).get("status") == "healthy"
    except client.Unreachable:
        return False


def _words(worker: Json) -> str:
    return (
        f"{worker['name']} answers /health, but its last {worker['failures']} calls failed: its circuit opened until "
        f"{worker['open_until']}, and the next failure opens it again."
    )


REMEDY = Remedy("reset_circuit", "closes the circuits of workers that are well again", look, mend)
