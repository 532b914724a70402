"""An installation at work, fed with names, addresses, numbers and keys through every door: none is in a log."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings

from concord.private_run import Installation, installation
from tests.browser.site import until
from tests.logs import plain
from tests.test_up import environment

pytestmark = pytest.mark.whole

REQUEST = "r-of-the-test-17"
REST = {"completed", "failed", "escalating", "rejected", "cancelled"}


class Parrot(BaseHTTPRequestHandler):
    """A model's server that refuses everything and quotes what it was sent."""

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        body = json.dumps({"error": {"message": f"I cannot: {said} {plain.SENTENCE}", "type": plain.NAME}}).encode()
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[Installation]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Parrot) as model:
        threading.Thread(target=model.serve_forever, daemon=True).start()
        environment = {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model.server_address[1]}/v1",
            "OPENAI_API_KEY": plain.MODEL_KEY,
            "MAX_RETRIES": "1",
            "LOG_LEVEL": "DEBUG",
        }
        with installation(environment, queue_workers=1) as there:
            _use(there)
            yield there
        model.shutdown()


def _use(there: Installation) -> None:
    """Everything that somebody may send."""
    headers = {"Authorization": f"Bearer {there.key}", "X-Request-Id": REQUEST}
    with httpx2.Client(base_url=there.url, headers=headers, timeout=60, trust_env=False) as http:
        _look(http)
        _misuse(http)
        for body in _operations():
            _run(http, body)
    _knock(there)
    _command(there)


def _look(http: httpx2.Client) -> None:
    for path in (f"/operations/{plain.NAME}", f"/console/data?q={plain.NAME}", f"/{plain.EMAIL}?key={plain.KEY}"):
        http.get(path, headers={"X-Request-Id": plain.EMAIL, "User-Agent": plain.NAME, "Referer": plain.URL})
    http.get("/operations", headers={"Authorization": f"Bearer {plain.BEARER}"})
    http.get("/operations", headers={"X-API-Key": plain.KEY, "Authorization": ""})
    http.get("/operations", headers={"Host": "quackenbush.example"})
    http.post("/console/login", data={"username": plain.EMAIL, "password": plain.PASSWORD})


def _misuse(http: httpx2.Client) -> None:
    json_type = {"Content-Type": "application/json"}
    http.post("/operations", content=f'{{"owner": "{plain.NAME}', headers=json_type)
    http.post("/operations", json=plain.ROW)
    http.post("/operations", json={"operation_type": plain.NAME, "parameters": plain.ROW, "priority": plain.SSN})
    http.post("/operations", json={"operation_type": "custom"}, headers={"Idempotency-Key": plain.EMAIL})
    http.post("/operations", content=plain.SENTENCE.encode(), headers={"Content-Type": plain.NAME})


def _operations() -> list[dict[str, Any]]:
    def step(worker: str, action: str, **arguments: Any) -> dict[str, Any]:
        steps = [{"id": "E1", "worker": worker, "action": action, "arguments": arguments}]
        return {"operation_type": "custom", "parameters": {"steps": steps}, "metadata": plain.ROW}

    return [
        {"operation_type": "custom", "parameters": {"goal": f"Find {plain.SENTENCE}"}},
        {"operation_type": "ai_inference", "parameters": {"task": "question", "question": f"Who is {plain.NAME}?"}},
        step("florida_data", "discover", counties=[plain.NAME], file_types=["SDF"]),
        step("florida_data", "discover", counties=["Duval"], file_types=["SDF"], source="inbox"),
        step("data_quality", "validate", dataset={"$dataset": f"file:///{plain.NAME}", "rows": 1}, file_type="SDF"),
        step("entity_matching", "match_entities", left={"$dataset": plain.URL}, right={"$dataset": plain.URL}),
    ]


def _run(http: httpx2.Client, body: dict[str, Any]) -> None:
    answer = http.post("/operations", json=body, headers={"Prefer": "wait=20"})
    if answer.status_code not in (200, 202):
        return
    path = f"/operations/{answer.json()['operation_id']}"
    end = time.monotonic() + 60
    while answer.json()["status"] not in REST and time.monotonic() < end:
        time.sleep(0.2)
        answer = http.get(path)


def _knock(there: Installation) -> None:
    """What is no HTTP, and sockets."""
    host, port = there.url.removeprefix("http://").split(":")
    name = plain.NAME.replace(" ", "%20")
    upgrade = f"Host: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nCookie: sessionid={plain.KEY}"
    upgrade += "\r\nSec-WebSocket-Version: 13"
    for text in (
        f"GET /?q={name} HTTP/9.9\r\n\r\n",
        f"{plain.NAME}\r\n\r\n",
        f"GET /ws/operations/{name}?token={plain.KEY} HTTP/1.1\r\n{upgrade}\r\nSec-WebSocket-Key: x\r\n\r\n",
        f"GET /ws?owner={name} HTTP/1.1\r\n{upgrade}\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as connection, suppress(OSError):
            connection.sendall(text.encode())
            connection.settimeout(1)
            connection.recv(4096)


def _command(there: Installation) -> None:
    own = {"CONCORD_VAR": str(there.folder), "DOTENV": os.devnull}
    for words in (("forget", "--client", plain.NAME), ("check_rules", f"/{plain.NAME}")):
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ | own, capture_output=True, check=False)


def written(there: Installation) -> dict[Path, str]:
    """Whatever the processes wrote down or printed."""
    return {path: path.read_text(errors="replace") for path in there.folder.rglob("*.log*") if path.is_file()}


def test_no_name_address_number_or_key_is_in_any_log(site: Installation) -> None:
    files = written(site)
    assert len(files) > 5
    found = {
        path.name: [(piece, next(line for line in text.splitlines() if piece in line)[:300]) for piece in pieces]
        for path, text in files.items()
        if (pieces := plain.found_in(text))
    }
    assert found == {}


def test_the_ids_of_request_operation_and_step_are_in_the_lines_of_all_processes(site: Installation) -> None:
    lines = [line for line in plain.lines_of(site.folder) if line.get("request_id") == REQUEST]
    operations = {line["operation_id"] for line in lines if line.get("step_id")}
    assert operations
    one = [line for line in lines if line.get("operation_id") in operations]
    assert {"concord.access", "operations.models.operation", "operations.answers", "workers.service.run"} <= {
        line["logger"] for line in one
    }
    access = [line for line in one if line["logger"] == "concord.access" and line["event"].startswith("POST")]
    assert access
    assert all(line["actor"].startswith("client:") and line["ms"] >= 0 and line["status"] for line in access)


def test_no_label_of_a_metric_has_any_of_it(site: Installation) -> None:
    headers = {"X-API-Key": _scraper(site)}

    def scraped() -> str:
        return httpx2.get(f"{site.url}/metrics", headers=headers, trust_env=False).raise_for_status().text

    # The sweeper adds moves up some seconds after they were made.
    until(lambda: "concord_operation_moves_total{" in scraped(), "no move was counted", 60)

    assert not plain.found_in(scraped())


def _scraper(site: Installation) -> str:
    """A key that may read the metrics."""
    words = [sys.executable, "manage.py", "create_api_key", "scraper", "--scope", "metrics"]
    own = environment(site.folder) | {"DOTENV": os.devnull}
    return subprocess.run(
        words, cwd=settings.BASE_DIR, env=own, check=True, capture_output=True, text=True
    ).stdout.strip()
