"""What 300 clients cost that wait on `POST /operations` at the same time, on SQLite and on PostgreSQL.

    python -m benchmarks.waiting [--clients 300] [--json]

Daphne runs as a real process, and no queue worker does, so that nothing ends by itself. While all wait, `/health`
and a read of an operation are timed as they were before, and threads and database connections are counted; then
the operations are cancelled, and every client must get its answer.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg

from concord import redis_server
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
BODY = {"operation_type": "data_pipeline", "parameters": {"counties": ["Broward"]}}
PROBES = 200
Json = dict[str, Any]


class System:
    """A running Daphne, and how to count what it holds."""

    def __init__(self, url: str, key: str, process: psutil.Process, count_connections: Callable[[], int]):
        self.url = url
        self.key = key
        self.process = process
        self.count_connections = count_connections

    def held(self) -> Json:
        memory = round(self.process.memory_info().rss / 2**20)
        return {"threads": self.process.num_threads(), "connections": self.count_connections(), "memory_mb": memory}


@contextmanager
def on_sqlite() -> Iterator[System]:
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var:
        path = f"{var}/concord.sqlite3"

        def count(process: psutil.Process) -> int:
            return sum(file.path == path for file in process.open_files())

        with _daphne(var, {}, count) as system:
            yield system


@contextmanager
def on_postgresql() -> Iterator[System]:
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var, postgres.running() as url:
        server = url.rsplit("/", 1)[0]
        with psycopg.connect(url, autocommit=True) as admin:
            for name in ("concord", "warehouse"):
                admin.execute(f"CREATE DATABASE {name}")

            def count(process: psutil.Process) -> int:
                row = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'concord'").fetchone()
                return row[0] if row else 0

            urls = {"DATABASE_URL": f"{server}/concord", "WAREHOUSE_URL": f"{server}/warehouse"}
            with _daphne(var, urls, count) as system:
                yield system


@contextmanager
def _daphne(var: str, urls: dict[str, str], count: Callable[[psutil.Process], int]) -> Iterator[System]:
    redis_url = redis_server.private_url(Path(var))
    settings = {"CONCORD_VAR": var, "DOTENV": os.devnull, "REDIS_URL": redis_url}
    environment = os.environ | settings | urls
    port = _free_port()
    with ExitStack() as stack:
        stack.enter_context(redis_server.running(redis_url))
        for database in ("default", "warehouse"):
            _manage(environment, "migrate", "--database", database, "-v0")
        key = _manage(environment, "create_api_key", "benchmark").strip()
        log = stack.enter_context((Path(var) / "daphne.log").open("w"))
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "concord.asgi:application"]
        web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        stack.callback(web.wait)
        stack.callback(web.kill)
        process = psutil.Process(web.pid)
        _until_it_answers(f"http://127.0.0.1:{port}/health")
        yield System(f"http://127.0.0.1:{port}", key, process, lambda: count(process))


def _manage(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _until_it_answers(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            httpx2.get(url, timeout=2, trust_env=False)
            return
        except httpx2.HTTPError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


async def measure(system: System, clients: int) -> Json:
    """All figures of one database."""
    headers = {"Authorization": f"Bearer {system.key}"}
    limits = httpx2.Limits(max_connections=clients + 20, max_keepalive_connections=clients + 20)
    async with (
        httpx2.AsyncClient(base_url=system.url, headers=headers, timeout=300, trust_env=False, limits=limits) as crowd,
        httpx2.AsyncClient(base_url=system.url, headers=headers, timeout=30, trust_env=False) as prober,
    ):
        made = [await _timed(prober, "POST", "/operations", prefer="respond-async") for _ in range(PROBES)]
        read = (await prober.get("/operations", params={"limit": 1})).json()["results"][0]["links"]["self"]
        await _end_all(prober)
        idle = {"health": await _probe(prober, "/health"), "read": await _probe(prober, read), **system.held()}

        began = time.monotonic()
        waiting = [asyncio.create_task(_post(crowd, prefer="wait=250")) for _ in range(clients)]
        await _until_active(prober, clients)
        all_in = time.monotonic() - began
        busy = {"health": await _probe(prober, "/health"), "read": await _probe(prober, read), **system.held()}

        began = time.monotonic()
        await _end_all(prober)
        answers = await asyncio.gather(*waiting)
        right = sum(answer.status_code == 200 and answer.json()["status"] == "cancelled" for answer in answers)
        return {
            "post": _spread(made),
            "idle": idle,
            "waiting": busy,
            "all_waiting_seconds": round(all_in, 2),
            "all_answered_seconds": round(time.monotonic() - began, 2),
            "answered": f"{right} of {clients}",
        }


async def _post(client: httpx2.AsyncClient, prefer: str) -> httpx2.Response:
    return await client.post("/operations", json=BODY, headers={"Prefer": prefer})


async def _timed(client: httpx2.AsyncClient, method: str, path: str, prefer: str = "") -> float:
    began = time.perf_counter()
    response = await (client.get(path) if method == "GET" else _post(client, prefer))
    response.raise_for_status()
    return time.perf_counter() - began


async def _probe(client: httpx2.AsyncClient, path: str) -> Json:
    times = []
    for _ in range(PROBES):
        times.append(await _timed(client, "GET", path))
        await asyncio.sleep(0.01)
    return _spread(times)


def _spread(seconds: list[float]) -> Json:
    cuts = statistics.quantiles(seconds, n=20)
    return {"p50_ms": round(statistics.median(seconds) * 1000, 2), "p95_ms": round(cuts[18] * 1000, 2)}


async def _until_active(client: httpx2.AsyncClient, number: int) -> None:
    while (await client.get("/health")).json()["active_operations"] != number:
        await asyncio.sleep(0.1)


async def _end_all(client: httpx2.AsyncClient) -> None:
    """Cancel everything that is at work."""
    while rows := (await client.get("/operations", params={"status": "planning", "limit": 200})).json()["results"]:
        for row in rows:
            (await client.post(f"{row['links']['self']}/cancel")).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = {}
    for name, database in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        with database() as system:
            figures[name] = asyncio.run(measure(system, arguments.clients))
    if arguments.json:
        print(json.dumps(figures, indent=2))
        return
    for name, found in figures.items():
        print(f"{name}: {found['answered']} answered; POST p50 {found['post']['p50_ms']} ms")
        for state in ("idle", "waiting"):
            one = found[state]
            health, read = one["health"], one["read"]
            print(
                f"  {state:8} /health p50 {health['p50_ms']} p95 {health['p95_ms']} ms, read p50 {read['p50_ms']}"
                f" p95 {read['p95_ms']} ms, {one['threads']} threads, {one['connections']} connections"
            )


if __name__ == "__main__":
    main()
