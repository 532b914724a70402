"""What the limits add to a request: two webs side by side on one database and one Redis, with and without rates.

    python -m benchmarks.limits [--requests 1000] [--json]

The two are asked in turn, over HTTP, so that both meet the same neighbours; what is told is the difference.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2

from benchmarks.engine import ROOT, _free_port, _manage
from concord import redis_server

OFF = {f"RATE_LIMIT_{kind}": "0" for kind in ("START", "READ", "WRITE", "SOCKET", "FAILED")}
POST = {"operation_type": "data_pipeline", "parameters": {"counties": ["Broward"]}}


@contextmanager
def webs() -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    """A caller of the web with limits, and one of the web without."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var, ExitStack() as stack:
        redis_url = redis_server.private_url(Path(var))
        environment = os.environ | {"CONCORD_VAR": var, "DOTENV": os.devnull, "REDIS_URL": redis_url}
        stack.enter_context(redis_server.running(redis_url))
        for database in ("default", "warehouse"):
            _manage(environment, "migrate", "--database", database, "-v0")
        key = _manage(environment, "create_api_key", "benchmark").split()[-1]
        made = [_web(stack, environment | limits, key) for limits in ({}, OFF)]
        yield made[0], made[1]


def _web(stack: ExitStack, environment: dict[str, str], key: str) -> httpx2.Client:
    port = _free_port()
    command = [sys.executable, "-m", "concord.web", "-b", "127.0.0.1", "-p", str(port), "concord.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)
    headers = {"Authorization": f"Bearer {key}", "Prefer": "respond-async"}
    caller = httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False)
    stack.callback(caller.close)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if caller.get("/health").status_code == 200:
                return caller
        except httpx2.TransportError:
            time.sleep(0.2)
    raise TimeoutError("the web did not start within a minute")


def timed(caller: httpx2.Client, path: str) -> float:
    begun = time.perf_counter()
    answer = caller.get(path) if path != "/operations" else caller.post(path, json=POST)
    took = time.perf_counter() - begun
    assert answer.is_success, answer.text
    return took * 1000


def measure(requests: int) -> dict[str, dict[str, float]]:
    found = {}
    with webs() as callers:
        for name, path in {"post": "/operations", "get": "/workers", "free": "/health"}.items():
            taken: tuple[list[float], list[float]] = ([], [])
            for number in range(requests + 50):
                order = (0, 1) if number % 2 else (1, 0)
                for which in order:
                    took = timed(callers[which], path)
                    if number >= 50:
                        taken[which].append(took)
            limited, plain = (statistics.median(times) for times in taken)
            found[name] = {"p50_ms": round(limited, 2), "without": round(plain, 2), "added": round(limited - plain, 2)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    print(json.dumps(measure(options.requests), indent=None if options.json else 2))


if __name__ == "__main__":
    main()
