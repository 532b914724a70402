"""What the engine itself costs: a diamond of four steps against a worker that does nothing, on PostgreSQL.

    python -m benchmarks.engine [--operations 300] [--rounds 3] [--json]

Starts a PostgreSQL and a Redis of its own, Daphne, two queue workers, the sweeper and the idle worker. Measured over
HTTP, from sending the POST (which waits) to having the completed operation: one at a time, and with 16 in flight.
Beside them, in the same run, a bare loop: the same four calls and a commit per step, with no engine at all.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg

from concord import redis_server
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
DIAMOND = [
    {"id": "E1", "worker": "idle", "action": "nothing"},
    {"id": "E2", "worker": "idle", "action": "nothing", "arguments": {"after": "#E1"}},
    {"id": "E3", "worker": "idle", "action": "nothing", "arguments": {"after": "#E1"}},
    {"id": "E4", "worker": "idle", "action": "nothing", "arguments": {"after": ["#E2", "#E3"]}},
]
BODY = {"operation_type": "custom", "parameters": {"steps": DIAMOND}}
DURABLE = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on"
REGISTER = """
from workers.models import RegisteredWorker
from operations.models import ApiKey
RegisteredWorker.objects.all().delete()
RegisteredWorker.objects.create(name="idle", url="{url}")
print(ApiKey.objects.issue("benchmark")[1])
"""


@contextmanager
def system() -> Iterator[tuple[str, str, str, str, dict[str, psutil.Process]]]:
    """(address, key, PostgreSQL's URL, the idle worker's URL, the processes) of a whole Concord."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var, postgres.running(DURABLE) as url:
        server = url.rsplit("/", 1)[0]
        for name in ("concord", "warehouse"):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
        redis_url = redis_server.private_url(Path(var))
        port, idle = _free_port(), _free_port()
        environment = os.environ | {
            "CONCORD_VAR": var,
            "DOTENV": os.devnull,
            "DATABASE_URL": f"{server}/concord",
            "WAREHOUSE_URL": f"{server}/warehouse",
            "REDIS_URL": redis_url,
            "DJANGO_SETTINGS_MODULE": "concord.settings",
        }
        with redis_server.running(redis_url):
            for database in ("default", "warehouse"):
                _manage(environment, "migrate", "--database", database, "-v0")
            worker = f"http://127.0.0.1:{idle}"
            key = _manage(environment, "shell", "-v0", "-c", REGISTER.format(url=worker)).split()[-1]
            commands = [
                ["-m", "benchmarks.idle_worker", str(idle)],
                ["-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "--no-server-name", "concord.asgi:application"],
                ["manage.py", "queue_worker"],
                ["manage.py", "queue_worker"],
                ["manage.py", "sweeper"],
            ]
            log = Path(var) / "processes.log"
            with log.open("w") as output:
                children = [
                    subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, stdout=output, stderr=output)
                    for words in commands
                ]
                try:
                    names = ["worker", "web", "queue_worker_1", "queue_worker_2", "sweeper"]
                    processes = {name: psutil.Process(child.pid) for name, child in zip(names, children, strict=True)}
                    yield f"http://127.0.0.1:{port}", key, f"{server}/concord", worker, processes
                except BaseException:
                    sys.stderr.write(log.read_text()[-4000:])
                    raise
                finally:
                    for child in children:
                        child.terminate()
                    for child in children:
                        child.wait(20)


def _manage(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Client:
    """Posts diamonds and waits for them."""

    def __init__(self, address: str, key: str):
        limits = httpx2.Limits(max_connections=32, max_keepalive_connections=32)
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx2.AsyncClient(base_url=address, headers=headers, timeout=60, limits=limits, trust_env=False)

    async def ready(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if (await self.one())["status"] == "completed":
                    return
            except (httpx2.HTTPError, KeyError):
                await asyncio.sleep(0.3)
        raise TimeoutError("the system did not start within a minute")

    async def one(self) -> dict[str, Any]:
        response = await self.http.post("/operations", json=BODY)
        response.raise_for_status()
        return response.json()

    async def timed(self) -> float:
        begun = time.perf_counter()
        answer = await self.one()
        assert answer["status"] == "completed", answer
        return time.perf_counter() - begun

    async def one_by_one(self, number: int) -> list[float]:
        return [await self.timed() for _ in range(number)]

    async def in_flight(self, number: int, at_once: int) -> float:
        """Operations a second."""
        todo = iter(range(number))

        async def lane() -> None:
            for _ in todo:
                await self.timed()

        begun = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(at_once)))
        return number / (time.perf_counter() - begun)


def bare_loop(database: str, worker: str, number: int) -> list[float]:
    """The same calls one after the other, with a commit per step and nothing else: seconds for each four."""
    taken = []
    with psycopg.connect(database, autocommit=True) as connection, httpx2.Client(trust_env=False) as http:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id serial PRIMARY KEY, step text, result jsonb)")
        for _ in range(number):
            begun = time.perf_counter()
            for step in DIAMOND:
                answer = http.post(f"{worker}/operations", json={"operation": "nothing", "parameters": {}}).text
                connection.execute("INSERT INTO bare (step, result) VALUES (%s, %s)", (step["id"], answer))
            taken.append(time.perf_counter() - begun)
    return taken


WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del), {} FROM pg_stat_user_tables WHERE relname <> 'bare'"
STEPS = "sum(CASE WHEN relname = 'operations_step' THEN n_tup_ins + n_tup_upd ELSE 0 END)"


def rows_written(database: str) -> tuple[int, int]:
    """(all rows, rows of the steps' table) written so far, by PostgreSQL's own count."""
    time.sleep(1.5)  # the server's counters lag by up to a second
    with psycopg.connect(database) as connection:
        row = connection.execute(WRITTEN.format(STEPS)).fetchone()
    assert row
    return int(row[0]), int(row[1])


def cpu_seconds(processes: dict[str, psutil.Process]) -> dict[str, float]:
    """What each process has used so far; unlike wall times these do not wander with the neighbours' load."""
    return {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}


async def measure(operations: int, rounds: int) -> dict[str, Any]:
    with system() as (address, key, database, worker, processes):
        client = Client(address, key)
        await client.ready()
        await client.one_by_one(20)
        single: list[float] = []
        bare: list[float] = []
        rates: list[float] = []
        before = rows_written(database)
        cpu = cpu_seconds(processes)
        for _ in range(rounds):
            single += await client.one_by_one(operations // 3)
            bare += bare_loop(database, worker, operations // 3)
            rates.append(await client.in_flight(operations, 16))
        cpu = {name: seconds - cpu[name] for name, seconds in cpu_seconds(processes).items()}
        after = rows_written(database)
        steps = 4 * rounds * (operations + operations // 3)
    bare_ms = statistics.median(bare) * 1000
    p50 = statistics.median(single) * 1000
    return {
        "p50_ms": round(p50, 1),
        "p95_ms": round(statistics.quantiles(single, n=20)[18] * 1000, 1),
        "operations_per_second": round(statistics.median(rates), 1),
        "bare_loop_p50_ms": round(bare_ms, 1),
        "p50_to_bare_loop": round(p50 / bare_ms, 2),
        "rows_per_step": round((after[1] - before[1]) / steps, 2),
        "all_rows_per_step": round((after[0] - before[0]) / steps, 2),
        "cpu_ms_per_operation": {
            name: round(1000 * seconds / (rounds * (operations + operations // 3)), 1) for name, seconds in cpu.items()
        },
        "operations": rounds * (operations + operations // 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--operations", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.operations, options.rounds))
    print(json.dumps(figures, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
