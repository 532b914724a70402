"""A worker that does nothing, as quickly as it can: what is left of a measurement is the engine's own."""

import json
import sys
from typing import Any

import uvicorn

ACTION = {
    "name": "nothing",
    "description": "Do nothing.",
    "parameters": {"type": "object", "properties": {"after": {}}},
    "result": {"type": "object", "properties": {"value": {"type": "integer"}}},
    "read_only": True,
    "idempotent": True,
    "destructive": False,
    "expected_seconds": 0,
}
ANSWERS = {
    ("GET", "/health"): {"status": "healthy", "worker": "idle", "version": "1"},
    ("GET", "/manifest"): {"name": "idle", "version": "1", "actions": [ACTION]},
    ("POST", "/operations"): {"status": "completed", "result": {"value": 1}, "execution_time_ms": 0},
}
BODIES = {call: json.dumps(answer).encode() for call, answer in ANSWERS.items()}


async def application(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    body = BODIES.get((scope["method"], scope["path"]), b"{}")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    quiet = {"log_level": "error", "access_log": False}
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), lifespan="off", http="httptools", **quiet)
