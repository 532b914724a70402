"""analyze_performance: what takes how long, what became slower, and where the time goes."""

import random
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from operations.models import Operation, Step
from tests.make import make_operation
from tests.workers.performance.conftest import run
from workers.contract import ActionError, InvalidParameters, TryLater

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

MINUTE = timedelta(minutes=1)


def make_past(
    count: int, *, days_ago: float, step_seconds: float, wait_seconds: float = 0.5, branches: int = 1
) -> None:
    """Completed operations around so many days ago; their times vary by a tenth."""
    chance = random.Random(days_ago)
    for number in range(count):
        begin = timezone.now() - timedelta(days=days_ago) - number * MINUTE
        taken_up = begin + timedelta(seconds=wait_seconds * chance.uniform(0.9, 1.1))
        done = taken_up + timedelta(seconds=step_seconds * chance.uniform(0.9, 1.1))
        make_done(begin, taken_up, done, branches)


def make_done(begin: datetime, taken_up: datetime, done: datetime, branches: int) -> None:
    operation = make_operation()
    told = {"created_at": begin, "started_at": taken_up, "ended_at": done + timedelta(seconds=0.05)}
    Operation.objects.filter(pk=operation.pk).update(status="completed", plan_source="rules", **told)
    for index in range(branches):
        Step.objects.create(
            operation=operation, step_id=f"E3[{index}]", position=3, index=index, worker="florida_data",
            action="process", status="completed", attempts=1, started_at=taken_up, finished_at=done,
        )  # fmt: skip


def test_latencies_and_waits_are_told_by_type_and_by_step(concord: str) -> None:
    make_past(20, days_ago=0.1, step_seconds=2, wait_seconds=0.5)

    analysis = run("analyze_performance")

    [operations], [steps] = analysis["operations"], analysis["steps"]
    assert (operations["operation_type"], operations["count"]) == ("data_pipeline", 20)
    assert operations["wait"]["p50_ms"] == pytest.approx(500, rel=0.1)
    assert operations["work"]["p95_ms"] == pytest.approx(2_050, rel=0.12)
    assert operations["between_steps"]["max_ms"] == pytest.approx(50, abs=1)
    assert (steps["step"], steps["count"], steps["duration"]["samples"]) == ("florida_data.process", 20, 20)
    assert steps["duration"]["p50_ms"] <= steps["duration"]["p99_ms"] <= steps["duration"]["max_ms"]


def test_what_became_slower_is_named_with_test_and_figures(concord: str) -> None:
    make_past(15, days_ago=3, step_seconds=2)
    make_past(15, days_ago=0.1, step_seconds=6)

    analysis = run("analyze_performance")

    slower = {change["subject"]: change for change in analysis["regressions"]}
    assert set(slower) == {"florida_data.process in data_pipeline", "data_pipeline, from being taken up to the end"}
    change = slower["florida_data.process in data_pipeline"]
    assert (change["samples_before"], change["samples_after"], change["slower_odds"]) == (15, 15, 1.0)
    assert change["ratio"] == pytest.approx(3, rel=0.1)
    assert change["p_value"] < change["p_corrected"] < 0.001
    assert analysis["compared"] == 4
    assert "Mann-Whitney" in analysis["test"]
    assert change["words"] in analysis["summary"]


def test_the_same_times_as_before_are_no_regression(concord: str) -> None:
    make_past(15, days_ago=3, step_seconds=2)
    make_past(15, days_ago=0.1, step_seconds=2)

    analysis = run("analyze_performance")

    assert (analysis["regressions"], analysis["improvements"], analysis["compared"]) == ([], [], 4)


def test_what_became_quicker_is_an_improvement(concord: str) -> None:
    make_past(10, days_ago=3, step_seconds=6)
    make_past(10, days_ago=0.1, step_seconds=2)

    analysis = run("analyze_performance")

    assert analysis["regressions"] == []
    assert "florida_data.process in data_pipeline" in {change["subject"] for change in analysis["improvements"]}


def test_many_branches_of_one_slow_operation_are_one_sample(concord: str) -> None:
    make_past(10, days_ago=3, step_seconds=2)
    make_past(1, days_ago=0.1, step_seconds=60, branches=67)

    analysis = run("analyze_performance")

    assert analysis["steps"][0]["count"] == 67
    assert analysis["regressions"] == []
    assert "florida_data.process in data_pipeline" in analysis["too_few"]


def test_the_bottleneck_is_told_with_its_figures(concord: str) -> None:
    make_past(10, days_ago=0.1, step_seconds=4, wait_seconds=1)

    analysis = run("analyze_performance")

    worst = analysis["bottleneck"]
    assert worst["what"] == "florida_data.process"
    assert worst["share"] == pytest.approx(0.8, abs=0.05)
    assert "florida_data.process takes" in worst["words"]
    assert "10 calls" in worst["words"]
    assert sum(part["share"] for part in analysis["time_spent"]) == pytest.approx(1, abs=0.001)


def test_waiting_for_queue_workers_can_be_the_bottleneck(concord: str) -> None:
    make_past(10, days_ago=0.1, step_seconds=1, wait_seconds=30)

    worst = run("analyze_performance")["bottleneck"]

    assert worst["what"] == "waiting for a queue worker"
    assert "QUEUE_WORKERS" in worst["advice"]


def test_slow_statements_are_told_or_why_they_cannot_be(concord: str) -> None:
    slow = run("analyze_performance")["slow_statements"]

    for database in ("concord", "warehouse"):
        assert slow[database]["statements"] == []
        assert "pg_stat_statements" in slow[database]["reason"]


def test_an_idle_installation_has_nothing_to_analyze(concord: str) -> None:
    analysis = run("analyze_performance", hours=1)

    assert (analysis["operations"], analysis["bottleneck"]) == ([], None)
    assert analysis["summary"][0] == "No operation ended in the last 1 h, so there is nothing to analyze."


def test_only_the_type_asked_for_is_analyzed(concord: str) -> None:
    make_past(2, days_ago=0.1, step_seconds=1)

    assert run("analyze_performance", operation_type="custom")["operations"] == []
    with pytest.raises(ActionError, match="400"):
        run("analyze_performance", operation_type="custard")


def test_without_concord_it_may_be_tried_again(nobody: None) -> None:
    with pytest.raises(TryLater, match="CONCORD_URL"):
        run("analyze_performance")


@pytest.mark.parametrize("bad", [{"hours": 0}, {"alpha": 1}, {"min_samples": 2}, {"hour": 1}])
def test_parameters_out_of_bounds_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidParameters):
        run("analyze_performance", **bad)
