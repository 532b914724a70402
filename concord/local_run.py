"""What runs on one machine: the processes of `manage.py up`, their ports, and how to tell that each is ready."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from concord import redis_server, worker_keys
from concord.supervisor import Child, python
from workers import catalogue

HOST = "127.0.0.1"
PORTAL_OFFSET = 7
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

# Stopped in this order: no new work comes in, then what is being done ends, then what it stood on.
WEB, QUEUE, WORKER, PORTAL, SWEEPER, REDIS = range(6)


class PortTaken(Exception):
    """A port that the run needs is in use. The message names it and the way out."""


@dataclass
class Component:
    """A process, where it listens (nothing: nowhere), and how to tell that it is ready."""

    child: Child
    port: int | None = None
    probe: Callable[[], bool] = lambda: True

    @property
    def name(self) -> str:
        return self.child.name

    @property
    def ready(self) -> bool:
        return self.child.runs and self.probe()


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def components(port: int, *, queue_workers: int, own_redis: bool) -> list[Component]:
    """All that a run with the web on ``port`` consists of; the workers and the portal take the ports after it."""
    local = local_workers(port)
    environment = {
        "CONCORD_URL": url(port),
        "QUEUE_WORKERS": str(queue_workers),
        "FLORIDA_SAMPLE_URL": url(port + PORTAL_OFFSET),
        **{f"WORKER_{name.upper()}_URL": url(number) for name, number in local.items()},
    }
    redis = [_redis()] if own_redis else []
    workers = [_worker(name, number, environment) for name, number in local.items()]
    portal_port = port + PORTAL_OFFSET
    portal = _serving("sample_portal", PORTAL, portal_port, environment, "sample_portal", "--port", str(portal_port))
    queue = [
        Component(_manage(f"queue_worker_{number}", QUEUE, environment, "queue_worker"))
        for number in range(1, queue_workers + 1)
    ]
    sweeper = Component(
        _manage("sweeper", SWEEPER, environment, "sweeper"), probe=lambda: _knows_as_healthy(port, set(local))
    )
    return [*redis, *workers, portal, *queue, sweeper, _web(port, environment)]


def local_workers(port: int) -> dict[str, int]:
    """The workers of this checkout that no setting places elsewhere, each with its port."""
    first = min(settings.WORKER_PORTS.values())
    return {
        name: port + 1 + settings.WORKER_PORTS[name] - first
        for name in catalogue.PATHS
        if urlsplit(settings.WORKER_URLS[name]).hostname in LOOPBACK
    }


def check_ports(parts: Iterable[Component]) -> None:
    """Raise `PortTaken` for the first port that somebody else listens on."""
    for part in parts:
        if part.port is not None and is_taken(part.port):
            raise PortTaken(
                f"Port {part.port} is in use, and {part.name} needs it: "
                "stop what runs there, or take others with `make run PORT=9000`."
            )


def _redis() -> Component:
    child = Child("redis", redis_server.command(settings.REDIS_URL), REDIS)
    return Component(child, probe=lambda: redis_server.answers(settings.REDIS_URL))


def _web(port: int, environment: dict[str, str]) -> Component:
    command = python("-m", "concord.web", "-b", HOST, "-p", str(port), "concord.asgi:application")
    return Component(Child("web", command, WEB, environment), port, lambda: _answers(f"{url(port)}/health"))


def _worker(name: str, port: int, environment: dict[str, str]) -> Component:
    own = environment | worker_keys.environment(name)
    return _serving(name, WORKER, port, own, "worker", name, "--port", str(port), path="/health")


def _serving(
    name: str, rank: int, port: int, environment: dict[str, str], *arguments: str, path: str = "/"
) -> Component:
    return Component(_manage(name, rank, environment, *arguments), port, lambda: _answers(f"{url(port)}{path}"))


def _manage(name: str, rank: int, environment: dict[str, str], *arguments: str) -> Child:
    return Child(name, python(str(settings.BASE_DIR / "manage.py"), *arguments), rank, environment)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(address, timeout=2, trust_env=False).status_code < 500
    except httpx2.HTTPError:
        return False


def _knows_as_healthy(port: int, workers: set[str]) -> bool:
    """Whether the web on ``port`` has heard that it and these workers are well, which the sweeper finds out."""
    try:
        health = httpx2.get(f"{url(port)}/health", timeout=5, trust_env=False).json()
    except (httpx2.HTTPError, ValueError):
        return False
    return health["redis_connected"] and all(health["workers"].get(name) for name in workers)


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
