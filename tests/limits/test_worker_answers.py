"""A worker may answer anything: it ends as an outcome, never as a crash, and is read no further than it may be."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from operations.models import Step
from operations.planning.arguments import missing_path
from operations.schemas import fits, validator
from operations.validation import check_step
from workers import client

DEEP = 100_000


@contextmanager
def answering(body: bytes, status: int = 200, **headers: str) -> Iterator[str]:
    """A worker that always answers this. Gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who asked may have heard enough
                self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def outcome(body: Any, status: int = 200, **headers: str) -> client.Outcome:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with answering(content, status, **headers) as url:
        return client.start(client.Request("w", url, "act", {}, "op-1:E1:x:0", 1, "2030-01-01T00:00:00Z"))


def completed(result: str) -> bytes:
    return f'{{"status": "completed", "result": {result}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"<html>",
        b"{" * DEEP,
        completed("[" * DEEP + "]" * DEEP),
        completed("[" * 70 + "]" * 70),
        completed("NaN"),
        completed("Infinity"),
        completed("1e999"),
        completed("9" * 5_000),
        completed('{"a": 1, "a": 2}'),
        {"status": "completed2"},
        {"status": ["completed"]},
    ],
)
def test_what_is_no_answer_of_the_contract_is_a_failure(body: Any) -> None:
    assert isinstance(outcome(body), client.Failed)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00\\ud800"])
def test_texts_that_no_database_keeps_are_made_fit(text: str) -> None:
    done = outcome(completed(f'["a{text}b", {{"c{text}": 1}}]'))

    assert isinstance(done, client.Done)
    told = json.dumps(done.result, ensure_ascii=False)
    assert "\ufffd" in told
    told.encode()
    assert "\0" not in told


def test_a_whole_surrogate_pair_stays() -> None:
    done = outcome(completed('"\\ud83d\\ude00"'))

    assert isinstance(done, client.Done)
    assert done.result == "😀"


@pytest.mark.parametrize(
    ("told", "taken"), [(0.4, 0.4), (7, 1.0), (-1, 0.0), ("sure", None), (True, None), ([], None), (None, None)]
)
def test_a_confidence_is_a_number_from_0_to_1(told: Any, taken: float | None) -> None:
    done = outcome({"status": "completed", "result": 1, "confidence": told})

    assert isinstance(done, client.Done)
    assert done.confidence == taken


@pytest.mark.parametrize(
    ("told", "taken"), [(3, 3.0), (1e300, 3600.0), (-5, 0.0), ("soon", None), ([], None), ("inf", None), ("nan", None)]
)
def test_a_worker_asks_for_an_hours_peace_at_most(told: Any, taken: float | None) -> None:
    failed = outcome({"status": "failed", "error": "busy", "retry_after": told}, 503)

    assert isinstance(failed, client.Failed)
    assert failed.retry_after == taken
    if isinstance(told, str):
        assert outcome({"error": "busy"}, 503, Retry_After=told).retry_after == taken  # type: ignore[union-attr]


@pytest.mark.parametrize("progress", ["half", [1], 0.5])
def test_progress_that_is_none_is_passed_over(progress: Any) -> None:
    accepted = outcome({"status": "running", "progress": progress}, 202)

    assert isinstance(accepted, client.Accepted)
    assert accepted.progress is None


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/x", "https://{host}/x", "ftp://{host}/x", "//elsewhere/x"])
def test_a_worker_sends_nobody_elsewhere(location: str) -> None:
    with answering(b"{}", 202, Location=location) as url:
        assert isinstance(
            client.start(client.Request("w", url, "act", {}, "op-1:E1:x:0", 1, "2030-01-01T00:00:00Z")), client.Failed
        )


def test_a_large_answer_is_not_read_to_its_end() -> None:
    failed = outcome(completed('"' + "x" * 8 * 2**20 + '"'))

    assert isinstance(failed, client.Failed)
    assert "more than 4 MB" in failed.error
    assert not failed.retryable


def test_a_small_answer_that_unpacks_to_a_large_one_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b" " * 200 * 2**20)

    failed = outcome(bomb, Content_Encoding="gzip")

    assert isinstance(failed, client.Failed)
    assert "more than 4 MB" in failed.error


@pytest.mark.parametrize("body", [b"[]", b"{", b"{" * DEEP, b'"text"', b"x" * 5 * 2**20])
def test_a_health_that_is_none_is_unreachable(body: bytes) -> None:
    with answering(body) as url, pytest.raises(client.Unreachable):
        client.health(url)


def manifest(**changes: Any) -> dict[str, Any]:
    """A manifest with one action, of which some parts are changed."""
    action = {"name": "act", "description": "Acts", "parameters": {"type": "object"}, "result": {}, "read_only": True}
    return {"name": "w", "version": "1", "actions": [action | changes]}


def test_a_manifest_as_the_contract_has_it_is_taken() -> None:
    recursive = {"$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}}
    told = manifest(result=recursive | {"$ref": "#/$defs/Node"})

    with answering(json.dumps(told).encode()) as url:
        assert client.manifest(url) == told


@pytest.mark.parametrize(
    "told",
    [
        {"name": "w", "version": "1"},
        {"name": "w", "version": 1, "actions": []},
        {"name": "w", "version": "1", "actions": ["act"]},
        {"name": "w", "version": "1", "actions": [{}]},
        {"name": "w", "version": "1", "actions": manifest()["actions"] * 300},
        manifest(name="a b"),
        manifest(name="x" * 500),
        manifest(description=["x"]),
        manifest(read_only="yes"),
        manifest(expected_seconds="long"),
        manifest(parameters=["x"]),
        manifest(parameters={"type": "nothing"}),
        manifest(parameters={"type": "object", "properties": 1}),
        manifest(parameters={"$ref": "http://169.254.169.254/latest/meta-data"}),
        manifest(result={"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
        manifest(harmless={"anyOf": [{"$dynamicRef": "https://elsewhere.example/schema"}]}),
        manifest(result={"$ref": "#/$defs/Missing"}),
    ],
)
def test_one_that_is_not_is_refused_with_the_part_at_fault(told: dict[str, Any]) -> None:
    with answering(json.dumps(told).encode()) as url, pytest.raises(client.Unreachable, match="the manifest is not"):
        client.manifest(url)


def test_a_schema_that_was_kept_before_fetches_nothing() -> None:
    with answering(b"{}") as url:
        assert not fits({"$ref": f"{url}/schema"}, {})
        with pytest.raises(Exception, match="Unresolvable"):
            list(validator({"$ref": f"{url}/other"}).iter_errors({}))


def test_a_type_that_is_only_itself_has_no_fields() -> None:
    itself = {"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"}

    assert missing_path(itself, ["field"]) == "field"


@pytest.mark.parametrize("check", ["at_least", "at_most"])
@pytest.mark.parametrize("value", ["5", None, [], {}, True])
def test_a_rule_that_compares_with_no_number_is_broken_and_not_a_crash(check: str, value: Any) -> None:
    step = Step(step_id="E1", result=5, validation=[{"check": check, "value": value}])

    [finding] = check_step(step)

    assert not finding.passed
