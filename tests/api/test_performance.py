"""GET /performance/…: how long things took, and how what Concord stands on is doing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from operations.models import Operation, Step
from operations.performance import vitals
from operations.performance.durations import covered
from tests.api.conftest import Caller
from tests.make import make_operation

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def at(seconds: float) -> datetime:
    return NOW - timedelta(hours=1) + timedelta(seconds=seconds)


def make_done(caller: Caller, *, wait: float = 1, work: float = 10, **fields: Any) -> Operation:
    """A completed operation that waited and worked for so many seconds."""
    operation = make_operation(caller.row)
    told = {
        "created_at": at(0),
        "started_at": at(wait),
        "ended_at": at(wait + work),
        "status": "completed",
        "plan_source": "rules",
        **fields,
    }
    Operation.objects.filter(pk=operation.pk).update(**told)
    return operation


def make_step(operation: Operation, name: str, begin: float, end: float, **fields: Any) -> Step:
    told = {"worker": "florida_data", "action": "process", "status": "completed", "attempts": 1, **fields}
    return Step.objects.create(
        operation=operation, step_id=name, position=1, started_at=at(begin), finished_at=at(end), **told
    )


def durations(caller: Caller, **query: str) -> Any:
    response = caller.get("/performance/durations", query)
    assert response.status_code == 200, response.json()
    return response.json()


def test_an_operation_is_told_as_waiting_working_and_the_time_between_its_steps(alice: Caller) -> None:
    operation = make_done(alice, wait=2, work=10)
    make_step(operation, "E1", 3, 6)
    make_step(operation, "E2", 4, 8)
    make_step(operation, "E3", 9, 10, action="upload")

    [found] = durations(alice)["operations"]

    assert found["operation_type"] == "data_pipeline"
    assert (found["count"], found["failed"], found["asked_people"]) == (1, 0, 0)
    assert found["wait_ms"] == [2_000]
    assert found["work_ms"] == [10_000]
    assert found["between_ms"] == [10_000 - 5_000 - 1_000]


def test_steps_are_grouped_by_what_they_did(alice: Caller) -> None:
    operation = make_done(alice)
    make_step(operation, "E1[0]", 1, 3)
    make_step(operation, "E1[1]", 2, 6, attempts=2)
    make_step(operation, "E1[2]", 2, 9, status="failed")
    make_step(operation, "E1", 1, 9, for_each="#E0")
    make_step(operation, "E2", 9, 10, action="upload")

    process, upload = durations(alice)["steps"]

    assert (process["worker"], process["action"]) == ("florida_data", "process")
    assert (process["count"], process["failed"], process["retried"]) == (3, 1, 1)
    assert sorted(process["duration_ms"]) == [2_000, 4_000]
    assert process["total_ms"] == 6_000
    assert process["per_operation_ms"] == [3_000]
    assert upload["duration_ms"] == [1_000]


def test_what_a_person_decided_counts_but_its_time_does_not(alice: Caller) -> None:
    operation = make_done(alice)
    operation.record("escalating", "A rule failed")

    [found] = durations(alice)["operations"]

    assert (found["count"], found["asked_people"], found["wait_ms"], found["work_ms"]) == (1, 1, [1_000], [])


def test_what_failed_and_was_tried_again_is_not_timed(alice: Caller) -> None:
    make_done(alice).record("failed", "Not done within 300 seconds")

    [found] = durations(alice)["operations"]

    assert (found["count"], found["asked_people"], found["work_ms"]) == (1, 0, [])


def test_only_what_was_created_in_the_window_is_told(alice: Caller) -> None:
    make_done(alice)
    make_done(alice, operation_type="custom", created_at=at(-7200))

    since, until = at(-10_000).isoformat(), at(-3_600).isoformat()

    assert [one["operation_type"] for one in durations(alice)["operations"]] == ["custom", "data_pipeline"]
    assert [one["operation_type"] for one in durations(alice, since=since, until=until)["operations"]] == ["custom"]
    assert durations(alice, operation_type="entity_sync")["operations"] == []


def test_a_window_that_ends_before_it_begins_is_refused(alice: Caller) -> None:
    response = alice.get("/performance/durations", {"since": at(10).isoformat(), "until": at(0).isoformat()})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "since"


def test_others_operations_take_the_right_to_read_all(alice: Caller, bob: Caller, admin: Caller) -> None:
    make_done(alice)

    assert durations(bob)["operations"] == []
    assert len(durations(admin)["operations"]) == 1


@pytest.mark.parametrize("path", ["/performance/vitals", "/performance/statements"])
def test_the_installation_s_figures_take_the_right_to_read_all(path: str, alice: Caller, admin: Caller) -> None:
    refused = alice.get(path)

    assert refused.status_code == 403
    assert "read_all" in refused.json()["detail"]
    assert admin.get(path).status_code == 200


def test_the_vitals_are_measured(alice: Caller, admin: Caller) -> None:
    waiting = make_operation(alice.row)
    Operation.objects.filter(pk=waiting.pk).update(wake_at=timezone.now() - timedelta(seconds=90))

    found = admin.get("/performance/vitals").json()

    assert found["database"]["vendor"] == connection.vendor
    assert found["database"]["latency_ms"] > 0
    assert found["database"]["size_bytes"] > 100_000
    assert found["redis"]["error"] is None
    assert found["redis"]["latency_ms"] > 0
    assert found["redis"]["used_memory_bytes"] > 100_000
    assert (found["queue"]["ready"], found["queue"]["moving"], found["queue"]["queue_workers"]) == (1, 1, 0)
    assert found["queue"]["oldest_ready_seconds"] == pytest.approx(90, abs=30)


def test_without_redis_the_rest_is_still_told(admin: Caller, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    vitals._client.cache_clear()

    found = admin.get("/performance/vitals").json()
    vitals._client.cache_clear()

    assert "refused" in found["redis"]["error"]
    assert found["queue"]["rings"] is None
    assert found["database"]["latency_ms"] > 0


def test_a_database_without_statistics_of_its_statements_says_so(admin: Caller) -> None:
    found = admin.get("/performance/statements").json()

    assert found["statements"] == []
    assert "pg_stat_statements" in found["reason"]


def test_time_covered_twice_counts_once() -> None:
    def moment(second: int) -> datetime:
        return datetime(2025, 1, 1, 0, 0, second, tzinfo=UTC)

    intervals = [(moment(0), moment(10)), (moment(2), moment(4)), (moment(8), moment(12)), (moment(20), moment(21))]

    assert covered(intervals) == 13_000
    assert covered([]) == 0
