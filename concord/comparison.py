"""Posting the sample operations to an installation for each way of planning, and measuring what they cost."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from concord.private_run import Installation, installation
from operations.comparison.measures import Measure, measure
from operations.comparison.model_server import ModelServer
from operations.comparison.models import Model
from operations.comparison.outcomes import outcome
from operations.comparison.samples import sample
from operations.comparison.ways import Way
from operations.states import RESTING
from workers import tokens

Json = dict[str, Any]
Say = Callable[[str], None]

WAIT = 300  # seconds, the longest that a request may wait
LONGEST = 900  # seconds for one operation
# Before anything is measured, in every way: no model is asked, but all processes and samples have been used once.
FIRST_STEPS = [
    {"id": "E1", "worker": "florida_data", "action": "discover", "arguments": {"source": "sample"}},
    {"id": "E2", "worker": "sunbiz", "action": "sync_entities", "arguments": {"source": "sample", "dry_run": True}},
]
WARM_UPS = 4


class NotComparable(Exception):
    """An operation could not be posted or followed."""


class Refused(NotComparable):
    """The API takes no such operation: its type has come without a sample here."""


@dataclass(frozen=True)
class Plan:
    """What is compared: which types, in which ways, and how often each (1: cold, 2: and once more)."""

    types: Sequence[str]
    ways: Sequence[Way]
    rounds: dict[str, int]


def run(plan: Plan, model: Model, say: Say) -> list[Measure]:
    """Every sample operation in every way, each way in an installation of its own that begins with nothing."""
    return [one for way in plan.ways for one in _way(way, plan, model, say)]


def _way(way: Way, plan: Plan, model: Model, say: Say) -> Iterator[Measure]:
    say(f"{way.name}: {way.words}")
    if model.server:
        model.server.forget()
    with installation({**model.environment, **way.settings}) as started, _client(started) as client:
        for _ in range(WARM_UPS):
            _settled(client, {"operation_type": "custom", "parameters": {"steps": FIRST_STEPS}})
        for run in range(1, plan.rounds[way.name] + 1):
            for kind in plan.types:
                parameters = sample(kind)[run - 1]
                try:
                    one = _operation(client, started, way, run, kind, parameters, model.server)
                except Refused as refused:
                    say(f"  {kind} is left out. {refused}")
                    continue
                say(_line(one))
                yield one


@contextmanager
def _client(started: Installation) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {started.key}"}
    with httpx2.Client(base_url=started.url, headers=headers, timeout=WAIT + 30, trust_env=False) as client:
        yield client


def _operation(
    client: httpx2.Client,
    started: Installation,
    way: Way,
    run: int,
    kind: str,
    parameters: Json,
    server: ModelServer | None,
) -> Measure:
    before = len(server.calls) if server else 0
    counted = server.tokens if server else 0
    begun = time.perf_counter()
    operation = _settled(client, {"operation_type": kind, "parameters": parameters, "timeout_seconds": LONGEST})
    seconds = time.perf_counter() - begun
    calls = _model_calls(client, operation["operation_id"])
    result = outcome(operation, str(started.folder))
    measured = measure(way.name, run, operation, calls, seconds, result)
    if server is None:
        return measured
    requests = [served.request for served in server.calls[before:]]
    return replace(
        measured,
        counted_by_server=server.tokens - counted,
        fixed_prompt_tokens=fixed_prompt_tokens(requests[0]) if requests else None,
    )


def _settled(client: httpx2.Client, body: Json) -> Json:
    """The operation, once it has come to rest."""
    operation = _answer(client.post("/operations", json=body, headers={"Prefer": f"wait={WAIT}"}))
    deadline = time.monotonic() + LONGEST
    while operation["status"] not in RESTING and time.monotonic() < deadline:
        time.sleep(0.5)
        operation = _get(client, f"/operations/{operation['operation_id']}")
    return operation


def _model_calls(client: httpx2.Client, operation_id: str) -> list[Json]:
    """The calls that were made for an operation; not those that a cache saved."""
    page = _get(client, f"/operations/{operation_id}/model-calls")
    found = page["results"]
    while page["next"]:
        page = _get(client, page["next"])
        found += page["results"]
    return [call for call in found if not call["cache_hit"]]


def _get(client: httpx2.Client, path: str) -> Json:
    return _answer(client.get(path))


def _answer(response: httpx2.Response) -> Json:
    if response.status_code >= 400:
        path = response.request.url.path
        raise (Refused if response.status_code == 422 else NotComparable)(
            f"{response.request.method} {path}: {response.status_code} {response.text[:500]}"
        )
    return response.json()


def fixed_prompt_tokens(request: Json) -> int:
    """The part of a request that is the same in every one of its kind: the system's words, tools, and schema."""
    system = [message for message in request["messages"] if message["role"] == "system"]
    schema = (request.get("response_format") or {}).get("json_schema")
    return tokens.count_messages(system, tools=request.get("tools"), schema=schema)


def _line(one: Measure) -> str:
    cold = "cold" if one.run == 1 else "warm"
    return (
        f"  {one.operation_type:<18} {cold}  {one.calls:>2} calls  {one.tokens:>7,} tokens  {one.seconds:>6.1f} s"
        f"  {one.status}, planned by {one.plan_source or 'nobody'}"
    )
