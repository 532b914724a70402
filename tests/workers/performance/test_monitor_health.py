"""monitor_health: each part is measured and judged, also when it is away."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from operations.models import Operation
from operations.performance import vitals
from tests.make import make_key, make_operation
from tests.operations import plant
from tests.serving import serve
from tests.workers.performance.conftest import Json, run
from workers import databases
from workers.contract import InvalidParameters
from workers.models import RegisteredWorker
from workers.performance.thresholds import DEFAULTS

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

PARTS = ["web", "database", "redis", "queue", "workers", "warehouse", "disk", "memory", "processor"]
# A queue worker is there in no test, and a busy machine is nobody's fault.
CALM = {
    name: {"warn": 0, "critical": 0} if limits.low else {"warn": 1e12, "critical": 1e12}
    for name, limits in DEFAULTS.items()
}


def parts(health: Json) -> dict[str, Json]:
    return {component["name"]: component for component in health["components"]}


def test_every_part_is_measured(concord: str) -> None:
    with serve(plant.worker) as url:
        RegisteredWorker.objects.create(name="plant", url=url)
        health = run("monitor_health", thresholds=CALM)

    found = parts(health)
    assert list(found) == PARTS
    assert health["status"] == "ok", health["attention"]
    assert (health["ok"], health["attention"]) == (len(PARTS), [])
    measured = {finding["measure"] for part in found.values() for finding in part["findings"]}
    # SQLite has no connections to count, and the test's Redis no limit of its memory.
    optional = {name for name in DEFAULTS if name.endswith(("connections_share", "transaction_seconds"))}
    assert set(DEFAULTS) - optional - {"redis.memory_share"} <= measured
    for name in ("web", "database", "redis", "warehouse"):
        assert found[name]["figures"]["latency_ms"] > 0, name
    assert found["workers"]["figures"]["latencies_ms"]["plant"] > 0
    assert found["memory"]["figures"]["total_bytes"] > found["memory"]["figures"]["available_bytes"] > 0


def test_a_figure_past_its_threshold_is_a_warning_and_further_on_critical(concord: str) -> None:
    operation = make_operation()
    Operation.objects.filter(pk=operation.pk).update(wake_at=timezone.now() - timedelta(minutes=5))
    seconds = "queue.oldest_ready_seconds"

    warned = run("monitor_health", thresholds=CALM | {seconds: {"warn": 60, "critical": 600}})
    critical = run("monitor_health", thresholds=CALM | {seconds: {"warn": 60, "critical": 120}})

    assert (warned["status"], parts(warned)["queue"]["status"]) == ("warn", "warn")
    assert (critical["status"], critical["critical"]) == ("critical", 1)
    [sentence] = critical["attention"]
    assert sentence.startswith("queue: 30")
    assert "critical from 120 s" in sentence


def test_what_is_low_is_judged_from_below(concord: str) -> None:
    health = run("monitor_health", thresholds=CALM | {"disk.free_share": {"warn": 1.0, "critical": 0.0}})

    assert parts(health)["disk"]["status"] == "warn"
    assert "warn below 100%" in parts(health)["disk"]["words"]


def test_a_worker_that_does_not_answer_is_named(concord: str) -> None:
    RegisteredWorker.objects.create(name="lost", url="http://127.0.0.1:1", healthy=True)
    RegisteredWorker.objects.create(name="retired", url="http://127.0.0.1:1", enabled=False)

    workers = parts(run("monitor_health", thresholds=CALM | {"workers.unhealthy": {"warn": 1, "critical": 2}}))[
        "workers"
    ]

    assert (workers["status"], workers["figures"]["unhealthy"], workers["figures"]["registered"]) == ("warn", 1, 1)
    assert "not answering: lost" in workers["words"]


def test_no_queue_worker_is_critical_by_default(concord: str) -> None:
    health = run("monitor_health", thresholds={name: CALM[name] for name in CALM if name != "queue.queue_workers"})

    assert parts(health)["queue"]["status"] == "critical"
    assert "0 queue workers" in parts(health)["queue"]["words"]


def test_without_the_web_it_is_critical_and_what_it_would_tell_is_unknown(nobody: None) -> None:
    health = run("monitor_health", thresholds=CALM)

    found = parts(health)
    assert health["status"] == "critical"
    assert found["web"]["status"] == "critical"
    assert "CONCORD_URL" in found["web"]["words"]
    assert [found[name]["status"] for name in ("database", "redis", "queue", "workers")] == ["unknown"] * 4
    assert [found[name]["status"] for name in ("warehouse", "disk", "memory", "processor")] == ["ok"] * 4


def test_without_redis_the_rest_is_measured(concord: str, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    vitals._client.cache_clear()

    found = parts(run("monitor_health", thresholds=CALM))
    vitals._client.cache_clear()

    assert found["redis"]["status"] == "critical"
    assert "does not answer" in found["redis"]["words"]
    assert (found["database"]["status"], found["queue"]["status"]) == ("ok", "ok")


def test_without_the_warehouse_it_is_critical(concord: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = databases.figures

    def figures(connection: Any) -> Any:
        if connection.alias == "warehouse":
            raise OperationalError("connection refused\nIs the server running?")
        return real(connection)

    monkeypatch.setattr(databases, "figures", figures)

    found = parts(run("monitor_health", thresholds=CALM))

    assert found["warehouse"]["words"] == "it does not answer: connection refused"
    assert (found["warehouse"]["status"], found["database"]["status"]) == ("critical", "ok")


@pytest.mark.parametrize(("key", "words"), [("", "CONCORD_API_KEY"), ("weak", "read_all")])
def test_without_the_right_key_it_says_which_one_it_takes(
    concord: str, settings: Settings, key: str, words: str
) -> None:
    settings.CONCORD_API_KEY = make_key(name="weak")[1] if key else ""

    found = parts(run("monitor_health", thresholds=CALM))

    assert (found["web"]["status"], found["database"]["status"]) == ("ok", "unknown")
    assert words in found["database"]["words"]


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ({"disk.free": {"warn": 1, "critical": 2}}, "the nearest is 'disk.free_share'"),
        ({"web.latency_ms": {"warn": 9, "critical": 2}}, "warn must be at most critical"),
        ({"disk.free_share": {"warn": 0.1, "critical": 0.2}}, "warn must be at least critical"),
        ({"web.latency_ms": {"warn": 9}}, "Field required"),
    ],
)
def test_a_threshold_that_means_nothing_is_refused(thresholds: Any, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words) as error:
        run("monitor_health", thresholds=thresholds)

    assert error.value.field.startswith("thresholds.")
