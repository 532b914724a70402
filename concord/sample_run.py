"""The first operations of a new installation: the sample rolls through the API, as any client would load them."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

Json = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """An operation to show, and what it does in words."""

    words: str
    operation_type: str
    parameters: Json


def _load(*counties: str) -> Sample:
    parameters = {"counties": list(counties), "source": "sample"}
    return Sample(f"load the sample rolls of {', '.join(counties)}", "data_pipeline", parameters)


# Steps that a client wrote himself: two questions, asked at once.
QUESTIONS = ("top 3 sales in Duval by price", "how many active companies by filing type")
ASKED: list[Json] = [
    {"id": f"E{number}", "worker": "ai_ml", "action": "handle_chat_query", "arguments": {"question": question}}
    for number, question in enumerate(QUESTIONS, 1)
]
# One of each type at least. Flawed rolls, unsure owners and odd use codes end in front of a person.
SAMPLES = (
    _load("Duval", "Broward", "Saint Johns"),
    _load("Liberty"),
    Sample(
        "check a roll by the rules, without loading it",
        "data_validation",
        {"counties": ["Saint Johns"], "file_types": ["SDF"], "source": "sample"},
    ),
    Sample(
        "keep the sample entities up to date, and tell which of them own accounts on the rolls",
        "entity_sync",
        {"source": "sample", "owners": "NAP"},
    ),
    Sample("doubt use codes that look wrong", "ai_inference", {"task": "use_codes"}),
    Sample(f"answer two questions: {QUESTIONS[0]}; {QUESTIONS[1]}", "custom", {"steps": ASKED}),
    Sample("look at how Concord is doing, and how far the loading is", "performance_check", {}),
)
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

    def do(self, sample: Sample, seconds: float = 300) -> Json:
        """Run ``sample``. Returns the operation as it came to rest, or as it is after ``seconds``."""
        body = {"operation_type": sample.operation_type, "parameters": sample.parameters}
        operation = self._call("POST", "/operations", json=body, headers={"Prefer": "respond-async"})
        self.say(f"{operation['operation_id']}: {sample.words}")
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
    """What an operation brought (of a load a table, a row per file), and how it ended."""
    verified = [step["result"] for step in operation["steps"] if step["action"] == "verify" and step["result"]]
    rows = [
        [file["label"], *(f"{file[name]:,}" for name in ("rows_source", "rows_loaded", "rows_quarantined"))]
        for file in verified
    ]
    lines = table(["file", "rows", "loaded", "quarantined"], rows) if rows else []
    if operation.get("operation_type") == "data_validation":
        lines = _checked(operation["result"] or {})
    return [*lines, *_findings(operation.get("result") or {}), ending(operation)]


def _checked(result: Json) -> list[str]:
    """A row for each file that was held against the rules."""
    rows = [
        [file["label"], *(f"{file.get(name, 0):,}" for name in ("rows_read", "passed", "warnings", "failed"))]
        for file in result.get("files", [])
    ]
    return table(["file", "rows", "rules kept", "warnings", "broken"], rows) if rows else []


def _findings(result: Json) -> list[str]:
    """The sentences of a performance check and of a sync, and what other steps say of themselves."""
    health = result.get("health")
    told = [result.get("use_codes", {}), *result.get("results", {}).values()]
    return [
        *([_synced(result)] if "statuses_changed" in result else []),
        *(words for step in told if (words := step.get("answer") or step.get("words"))),
        *([f"health: {health['status']}", *health["attention"]] if health else []),
        *result.get("performance", {}).get("summary", []),
        *(dataset["words"] for dataset in result.get("completion", [])),
    ]


def _synced(result: Json) -> str:
    files, records, aside = (result[name] for name in ("files_downloaded", "records_processed", "records_quarantined"))
    entities, active, gaps = (result.get(name, 0) for name in ("entities", "active", "gaps"))
    return (
        f"{files} files, {records:,} records, {aside} set aside; {entities:,} entities, {active:,} of them active; "
        f"{result['statuses_changed']} changed their status, {result['names_changed']} their name; "
        f"{gaps} working days without a file{_owners(result)}"
    )


def _owners(result: Json) -> str:
    if "owners_linked" not in result:
        return ""
    return f"; {result['owners_linked']} owners are entities, {result.get('owners_open', 0)} may be"


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
