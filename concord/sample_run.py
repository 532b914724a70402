"""The first operations of a new installation: the sample rolls through the API, as any client would load them."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2

Json = dict[str, Any]

# Generated counties; Liberty's rolls carry flaws, so that its operation ends in front of a person.
CLEAN = ["Duval", "Broward", "Saint Johns"]
FLAWED = ["Liberty"]
MOVING = {"planning", "executing", "validating"}


class SampleFailed(Exception):
    """The sample could not be posted or followed; the system itself may be well."""


class SampleRun:
    """Posts the sample operations with ``key`` and follows them, saying each step forward.

    ``pause`` is called between two looks, and looks after the processes meanwhile.
    """

    def __init__(self, url: str, key: str, *, say: Callable[[str], None], pause: Callable[[], object]):
        self.url = url
        self.say = say
        self.pause = pause
        self.headers = {"Authorization": f"Bearer {key}"}

    def load(self, counties: list[str], seconds: float = 300) -> Json:
        """Load the rolls of ``counties``. Returns the operation as it came to rest, or as it is after ``seconds``."""
        body = {"operation_type": "data_pipeline", "parameters": {"counties": counties, "source": "sample"}}
        operation = self._call("POST", "/operations", json=body, headers={"Prefer": "respond-async"})
        self.say(f"{operation['operation_id']}: load the sample rolls of {', '.join(counties)}")
        deadline, said = time.monotonic() + seconds, ""
        while operation["status"] in MOVING and time.monotonic() < deadline:
            self.pause()
            operation = self._call("GET", f"/operations/{operation['operation_id']}")
            if said != (line := progress(operation)):
                said = line
                self.say(f"  {line}")
        return operation

    def question(self, operation: Json) -> Json | None:
        """The open escalation of ``operation``, if it waits for a person."""
        escalations = self._call("GET", "/escalations")["results"] if operation["status"] == "escalating" else []
        return next((found for found in escalations if found["operation_id"] == operation["operation_id"]), None)

    def _call(self, method: str, path: str, *, json: Json | None = None, headers: Json | None = None) -> Json:
        try:
            answer = httpx2.request(
                method, self.url + path, json=json, headers=self.headers | (headers or {}), timeout=30, trust_env=False
            )
        except httpx2.HTTPError as error:
            raise SampleFailed(f"{method} {path} was not answered: {error}") from error
        if answer.status_code >= 400:
            raise SampleFailed(f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()


def progress(operation: Json) -> str:
    """Where the operation is, such as ``executing: discover 1/1, download 3/12``."""
    steps = without_templates(operation.get("steps") or [])
    total = Counter(step["action"] for step in steps)
    done = Counter(step["action"] for step in steps if step["status"] == "completed")
    return ": ".join(
        part
        for part in (operation["status"], ", ".join(f"{name} {done[name]}/{total[name]}" for name in total))
        if part
    )


def without_templates(steps: list[Json]) -> list[Json]:
    """The steps that do something: ``E2`` is only the pattern of ``E2[0]``, ``E2[1]`` and so on."""
    patterns = {step["id"].partition("[")[0] for step in steps if "[" in step["id"]}
    return [step for step in steps if step["id"] not in patterns]


def summary(operation: Json) -> list[str]:
    """A table of what was loaded, a row per file, and how the operation ended."""
    verified = [step["result"] for step in operation["steps"] if step["action"] == "verify" and step["result"]]
    rows = [
        [file["label"], *(f"{file[name]:,}" for name in ("rows_source", "rows_loaded", "rows_quarantined"))]
        for file in verified
    ]
    lines = table(["file", "rows", "loaded", "quarantined"], rows) if rows else []
    return [*lines, ending(operation)]


def ending(operation: Json) -> str:
    """One sentence on how the operation came to rest."""
    confidence = operation["confidence_score"]
    words = [operation["status"]]
    if operation["execution_time_ms"] is not None:
        words.append(f"in {operation['execution_time_ms'] / 1000:.1f} s")
    if confidence is not None:
        words.append(f"with confidence {confidence:.2f}")
    return f"{' '.join(words)}{': ' + operation['error'] if operation['error'] else ''}"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of aligned columns; the first is text, the others are numbers."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [head, *rows]
    ]
