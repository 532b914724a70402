"""Reads the figures of each part of the installation: from Concord's API, from the warehouse, from this machine."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import fsspec
import httpx2
import psutil
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from workers import concord_api, databases, outgoing, tracing
from workers.contract import ActionError
from workers.outgoing_http import client
from workers.warehouse import ALIAS

Json = dict[str, Any]

PROBES = 3  # of the web, of which the one in the middle counts
PATIENCE = 5.0  # seconds for a worker's health
MOST_AT_ONCE = 8
THROUGH_THE_WEB = ("database", "redis", "queue")
NOT_MEASURED = "not measured, since Concord cannot reach its database"


@dataclass(frozen=True)
class Reading:
    """The figures of one part. ``error`` says why there are none; ``away``: it is the part itself that is gone.

    ``note`` is said beside what is wrong.
    """

    name: str
    figures: Json = field(default_factory=dict)
    error: str = ""
    away: bool = False
    note: str = ""


def take() -> list[Reading]:
    """One reading of each part, in a fixed order. Never raises for a part that cannot be reached."""
    with ThreadPoolExecutor(2, thread_name_prefix="reading") as threads:
        concord, workers = threads.submit(tracing.carried(_concord)), threads.submit(_workers)
        here = [_warehouse(), _disk(), _memory(), _processor()]
        return [*concord.result(), workers.result(), *here]


def _concord() -> list[Reading]:
    """The web, and through it the database, Redis and the queue."""
    try:
        answers = sorted((concord_api.ask("/health") for _ in range(PROBES)), key=lambda answer: answer.ms)
    except ActionError as error:
        lost = [Reading(name, error="not measured, since the web does not answer") for name in THROUGH_THE_WEB]
        return [Reading("web", error=str(error), away=True), *lost]
    answer = answers[PROBES // 2]
    told = {name: answer.body.get(name) for name in ("status", "active_operations", "escalation_queue")}
    figures = {"latency_ms": answer.ms, "http_status": answer.status, **told}
    if answer.body.get("database_connected") is False:
        lost = [Reading("redis", error=NOT_MEASURED), Reading("queue", error=NOT_MEASURED)]
        return [Reading("web", figures), Reading("database", error="Concord cannot reach it", away=True), *lost]
    if answer.status != 200:
        return [Reading("web", figures, f"GET /health is answered with {answer.status}", away=True), *_vitals()]
    return [Reading("web", figures), *_vitals()]


def _vitals() -> list[Reading]:
    """The database, Redis and the queue, as Concord sees them."""
    try:
        told = concord_api.get("/performance/vitals")
    except ActionError as error:
        return [Reading(name, error=str(error)) for name in THROUGH_THE_WEB]
    redis = dict(told["redis"])
    why = redis.pop("error")
    if most := redis.get("max_memory_bytes"):
        redis["memory_share"] = round(redis["used_memory_bytes"] / most, 4)
    queue = {name: value for name, value in told["queue"].items() if value is not None}
    return [
        Reading("database", _with_share(told["database"])),
        Reading("redis", redis, f"it does not answer: {why}" if why else "", away=bool(why)),
        Reading("queue", queue),
    ]


def _workers() -> Reading:
    try:
        rows = [row for row in concord_api.get("/workers")["results"] if row["enabled"]]
    except ActionError as error:
        return Reading("workers", error=str(error))
    with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="probe") as threads:
        latencies = dict(zip([row["name"] for row in rows], threads.map(_latency, rows), strict=True))
    unwell = sorted(name for name, ms in latencies.items() if ms is None)
    return Reading(
        "workers",
        {
            "registered": len(rows),
            "unhealthy": len(unwell),
            "not_answering": unwell,
            "circuits_open": sum(_is_open(row) for row in rows),
            "latency_ms": max((ms for ms in latencies.values() if ms is not None), default=0.0),
            "latencies_ms": latencies,
        },
        note=f"not answering: {', '.join(unwell)}" if unwell else "",
    )


def _is_open(worker: Json) -> bool:
    """Is the worker's circuit open, so that it is not called now?"""
    return bool(worker["open_until"]) and datetime.fromisoformat(worker["open_until"]) > timezone.now()


def _latency(worker: Json) -> float | None:
    """The milliseconds until the worker said that it is well; None if it did not."""
    try:
        response = _http().get(f"{worker['url']}/health")
    except httpx2.HTTPError:
        return None
    return round(response.elapsed.total_seconds() * 1000, 1) if response.status_code == 200 else None


@cache
def _http() -> httpx2.Client:
    return client(outgoing.workers, timeout=PATIENCE, limits=httpx2.Limits(max_keepalive_connections=0))


def _warehouse() -> Reading:
    try:
        return Reading("warehouse", _with_share(databases.figures(connections[ALIAS])))
    except DatabaseError as error:
        return Reading("warehouse", error=f"it does not answer: {str(error).splitlines()[0]}", away=True)


def _with_share(figures: Json) -> Json:
    if not figures.get("max_connections"):
        return figures
    return figures | {"connections_share": round(figures["connections"] / figures["max_connections"], 4)}


def _disk() -> Reading:
    """The fullest of the disks that Concord writes to on this machine."""
    usages = {str(folder): shutil.disk_usage(folder) for folder in _folders()}
    folder = min(usages, key=lambda name: usages[name].free / usages[name].total)
    usage = usages[folder]
    figures = {"folder": folder, "free_bytes": usage.free, "total_bytes": usage.total}
    return Reading("disk", figures | {"free_share": round(usage.free / usage.total, 4)})


def _folders() -> Iterable[Path]:
    yield settings.VAR
    fs, root = fsspec.core.url_to_fs(settings.DATA_URL)
    if "file" in fs.protocol and Path(root).is_dir():
        yield Path(root)


def _memory() -> Reading:
    memory = psutil.virtual_memory()
    figures = {"available_bytes": memory.available, "total_bytes": memory.total}
    return Reading("memory", figures | {"available_share": round(memory.available / memory.total, 4)})


def _processor() -> Reading:
    cores = psutil.cpu_count() or 1
    _, load, _ = psutil.getloadavg()
    return Reading("processor", {"cores": cores, "load": round(load, 2), "load_per_core": round(load / cores, 3)})
