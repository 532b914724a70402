"""Replicas of florida_data as on several machines: a folder for each, and the stored files and the warehouse shared."""

import itertools
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dj_database_url
import httpx2
import psycopg
from django.conf import settings

from tests import postgres
from tests.workers.faulty_server import Faulty, serving_badly, whole

Json = dict[str, Any]


class Caller:
    """A client of the worker at ``url``."""

    def __init__(self, url: str, **headers: str):
        headers |= {"Authorization": f"Bearer {settings.WORKER_TOKEN}"}
        self.http = httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def begin(self, key: str, action: str, attempt: int = 1, **parameters: Any) -> str:
        """Post a call and come back at once with its address."""
        answer = self._post(key, action, attempt, parameters, "wait=0")
        assert answer.status_code in (200, 202), answer.text
        return answer.headers["Location"]

    def run(self, key: str, action: str, attempt: int = 1, **parameters: Any) -> Json:
        """Post a call and wait for the state at its end."""
        answer = self._post(key, action, attempt, parameters, "wait=30")
        return answer.json()

    def ended(self, location: str) -> Json:
        return self.http.get(location, headers={"Prefer": "wait=30"}).json()

    def _post(self, key: str, action: str, attempt: int, parameters: Json, prefer: str) -> httpx2.Response:
        headers = {"Idempotency-Key": key, "Concord-Attempt": str(attempt), "Prefer": prefer}
        return self.http.post("/operations", json={"operation": action, "parameters": parameters}, headers=headers)


class Replica(Caller):
    """One `manage.py worker florida_data`, and a client of it."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = os.environ | environment | {"CONCORD_VAR": str(folder)}
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start the process; once more, it is at the place where it was."""
        command = [sys.executable, "manage.py", "worker", "florida_data", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert "listens on" in said, said
        self.port = int(said.rsplit(":", 1)[1])
        super().__init__(said.split()[-1])

    def kill(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def one_address(replicas: list[Replica]) -> Iterator[Caller]:
    """A client of both through one address, where every request goes to the next replica."""
    ports = itertools.cycle(replica.port for replica in replicas)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", next(ports))) as onward, ThreadPoolExecutor(1) as pool:
                pool.submit(_pass_on, self.request, onward)
                _pass_on(onward, self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        caller = Caller(f"http://127.0.0.1:{server.server_address[1]}", Connection="close")
        try:
            yield caller
        finally:
            caller.http.close()
            server.shutdown()
            thread.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(1 << 16):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)


class Site:
    """Two replicas, the source that they read, and the warehouse that they fill."""

    def __init__(self, folder: Path, source: Faulty, server: str):
        self.folder, self.source, self.server = folder, source, server
        environment = {
            "WAREHOUSE_URL": server,
            "DATA_URL": f"file://{folder / 'data'}",
            "WORKER_TOKEN": settings.WORKER_TOKEN,
            "FLORIDA_SOURCES": f"web={source.url}",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--database", "warehouse", "--verbosity", "0"]
        own = os.environ | environment | {"CONCORD_VAR": str(folder / "one")}
        subprocess.run(migrate, cwd=settings.BASE_DIR, env=own, check=True)
        self.replicas = [Replica(folder / name, environment) for name in ("one", "two")]

    def warehouse(self) -> psycopg.Connection:
        parsed = dj_database_url.parse(self.server)
        return psycopg.connect(host=parsed["HOST"], user=parsed["USER"], dbname=parsed["NAME"], autocommit=True)

    def asked(self, statement: str) -> list[tuple[Any, ...]]:
        with self.warehouse() as connection:
            return connection.execute(statement).fetchall()


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Run it inside the block."""
    with postgres.running() as server, serving_badly(b"", whole) as source:
        place = Site(folder, source, server)
        try:
            yield place
        finally:
            for replica in place.replicas:
                replica.kill()
