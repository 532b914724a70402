"""GET /metrics: what Prometheus collects."""

import time
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from redis.exceptions import RedisError

from concord.metrics import bounded, folding, process, views
from concord.metrics.models import Mark, Tally
from concord.metrics.process import Figures, figures
from escalations.deciding import decisions
from escalations.deciding.decisions import Answer
from escalations.models import Escalation, Kind
from operations import rescues
from operations.models import Event
from operations.states import Status
from tests.api.conftest import Caller, caller
from tests.make import make_escalation, make_operation
from tests.metrics import collected, told
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db: None) -> Caller:
    """Somebody who may read the metrics."""
    return caller("metrics", name="alice")


@pytest.fixture(autouse=True)
def nothing_sent_yet(empty_redis: None) -> None:
    """Nothing that an earlier test's requests left is sent into this one's Redis."""
    figures.send()
    with process.client() as client:
        client.delete(process.FIGURES, process.SOCKETS)


def finish(*, minutes: int = 0) -> Any:
    """An operation that went its way, each status taking so many minutes."""
    operation = make_operation()
    operation.move_to(Status.EXECUTING)
    operation.move_to(Status.VALIDATING)
    operation.move_to(Status.COMPLETED, confidence_score=0.83)
    for place, event in enumerate(operation.events.order_by("id")):
        Event.objects.filter(pk=event.pk).update(created_at=timezone.now() - timedelta(minutes=minutes * (3 - place)))
    return operation


def test_the_state_is_counted(alice: Caller) -> None:
    make_operation()
    make_operation()
    Escalation.objects.filter(pk=make_escalation().pk).update(created_at=timezone.now() - timedelta(hours=1))
    RegisteredWorker.objects.create(name="plant", url="http://x", healthy=True)
    RegisteredWorker.objects.create(name="other", url="http://x", healthy=False, failures=5)

    found = told(alice)

    assert found["concord_operations data_pipeline planning"] == 2
    assert found["concord_operations data_pipeline escalating"] == 1
    assert found["concord_operations_overdue"] == 0
    assert found["concord_operations_ready"] == 2
    assert found["concord_queue_oldest_seconds"] == pytest.approx(0, abs=10)
    assert found["concord_escalations_open"] == 1
    assert found["concord_escalation_oldest_seconds"] == pytest.approx(3600, abs=60)
    assert found["concord_worker_healthy plant"] == 1
    assert found["concord_worker_healthy other"] == 0
    assert found["concord_worker_circuit_open plant"] == 0
    assert found["concord_worker_circuit_open other"] == 1
    assert found["concord_queue_rings"] == 0
    assert found["concord_queue_workers"] == 0


def test_work_past_its_time_limit_shows(alice: Caller) -> None:
    operation = make_operation()
    type(operation).objects.filter(pk=operation.pk).update(deadline_at=timezone.now() - timedelta(minutes=1))

    assert told(alice)["concord_operations_overdue"] == 1


def test_the_model_calls_of_today_are_counted(alice: Caller, settings: Settings) -> None:
    settings.TOKENS_PER_DAY = 5000
    calls = make_operation().model_calls
    calls.create(purpose="planning", model="m", prompt_tokens=700, completion_tokens=50, cost_usd="0.25")
    calls.create(purpose="planning", model="m", error="timeout: no answer", prompt_tokens=700)
    calls.create(purpose="planning", model="m", prompt_tokens=9, created_at=timezone.now() - timedelta(days=1))

    found = told(alice)

    assert found["concord_model_tokens_today planning"] == 1450
    assert found["concord_model_calls_today planning"] == 2
    assert found["concord_model_calls_failed_today planning"] == 1
    assert found["concord_model_usd_today"] == 0.25
    assert found["concord_model_tokens_limit"] == 5000


def test_an_empty_queue_has_no_oldest(alice: Caller) -> None:
    assert told(alice)["concord_escalation_oldest_seconds"] == 0


def test_moves_phases_and_ends_add_up(alice: Caller) -> None:
    finish(minutes=2)

    found = collected(alice)

    for status in ("planning", "executing", "validating", "completed"):
        assert found[f"concord_operation_moves_total data_pipeline {status}"] == 1
    for phase in ("planning", "executing", "validating"):
        assert found[f"concord_phase_seconds_count {phase}"] == 1
        assert found[f"concord_phase_seconds_sum {phase}"] == pytest.approx(120, abs=1)
        assert found[f"concord_phase_seconds_bucket 60.0 {phase}"] == 0
        assert found[f"concord_phase_seconds_bucket 300.0 {phase}"] == 1
    assert found["concord_operation_seconds_count data_pipeline completed"] == 1
    assert found["concord_confidence_bucket 0.8 data_pipeline"] == 0
    assert found["concord_confidence_bucket 0.85 data_pipeline"] == 1


def test_each_row_counts_once_however_often_it_is_added_up(alice: Caller) -> None:
    finish()
    before = collected(alice)["concord_operation_moves_total data_pipeline completed"]

    assert collected(alice)["concord_operation_moves_total data_pipeline completed"] == before
    finish()
    assert collected(alice)["concord_operation_moves_total data_pipeline completed"] == before + 1


def test_what_happened_stays_counted_when_the_operation_is_deleted(alice: Caller) -> None:
    operation = finish()
    collected(alice)

    operation.delete()

    assert collected(alice)["concord_operation_moves_total data_pipeline completed"] == 1


def test_rows_that_others_may_still_be_writing_beside_wait(alice: Caller) -> None:
    finish()

    folding.fold(timezone.now() - folding.SETTLED)

    assert not Tally.objects.exists()
    assert Mark.objects.get(source="moves").upto == 0


def test_of_two_sweepers_with_the_same_rows_one_adds_them(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    finish()
    read = folding.SOURCES["moves"]

    def read_while_another_adds(after: int, until: Any) -> Any:
        found = read(after, until)
        monkeypatch.setitem(folding.SOURCES, "moves", read)
        folding.fold(timezone.now())
        return found

    monkeypatch.setitem(folding.SOURCES, "moves", read_while_another_adds)

    assert collected(alice)["concord_operation_moves_total data_pipeline completed"] == 1


def test_many_rows_are_added_up_in_pieces(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("moves", "batches"):
        monkeypatch.setattr(f"concord.metrics.{module}.SIZE", 3)
    for _ in range(3):
        finish()

    assert collected(alice)["concord_operation_moves_total data_pipeline completed"] == 3


def test_decisions_and_their_time_add_up(alice: Caller) -> None:
    question = make_escalation()
    Escalation.objects.filter(pk=question.pk).update(created_at=timezone.now() - timedelta(minutes=10))
    question.claim("rita")
    answer = Answer(Kind.APPROVE)
    decisions.decide(question, answer, who="rita", revision=question.revision, decision_id="d-1")

    found = collected(alice)

    assert found["concord_decisions_total approve low_confidence"] == 1
    assert found["concord_decision_seconds_sum approve"] == pytest.approx(600, abs=10)
    assert found["concord_review_seconds_count"] == 1
    assert found["concord_phase_seconds_count escalating"] == 1


def test_model_calls_add_up_once_they_are_over(alice: Caller) -> None:
    calls = make_operation().model_calls
    asked = {"purpose": "planning", "model": "m", "prompt_tokens": 700, "cached_tokens": 200}
    calls.create(**asked, completion_tokens=50, latency_ms=1500, cost_usd="0.25")
    calls.create(purpose="planning", cache_hit=True)
    under_way = calls.create(**asked, state="open")
    calls.create(purpose="validation", model="m", tokens_before_compression=900, tokens_after_compression=300)
    found = collected(alice)
    assert found["concord_model_calls_total done planning"] == 1
    assert "concord_model_calls_total done validation" not in found

    under_way.state = "failed"
    under_way.save()

    found = collected(alice)
    assert found["concord_model_calls_total failed planning"] == 1
    assert found["concord_model_tokens_total prompt planning"] == 1000
    assert found["concord_model_tokens_total cached planning"] == 400
    assert found["concord_model_tokens_total completion planning"] == 50
    assert found["concord_model_cost_usd_total planning"] == 0.25
    assert found["concord_model_call_seconds_sum planning"] == 1.5
    assert found["concord_plan_cache_hits_total"] == 1
    assert found["concord_compression_tokens_total before"] == 900
    assert found["concord_compression_tokens_total after"] == 300


def test_a_rescue_is_in_the_history_once_and_counted(alice: Caller) -> None:
    operation = make_operation()
    operation.rescues = 2

    rescues.note(operation)
    rescues.note(operation)

    assert operation.events.filter(kind="rescued").count() == 2
    assert collected(alice)["concord_rescues_total"] == 2


def test_requests_are_counted_by_route_and_not_by_what_they_name(alice: Caller, client: Client) -> None:
    alice.get(f"/operations/{make_operation(alice.row).pk}")
    alice.get("/operations/op-unknown")
    client.get("/no/such/page")

    found = told(alice)

    assert found["concord_http_requests_total GET operation-detail 200"] == 1
    assert found["concord_http_requests_total GET operation-detail 404"] == 1
    assert found["concord_http_requests_total GET none 404"] == 1
    assert found["concord_http_request_seconds_count GET operation-detail"] == 2
    assert not any("op-unknown" in name or "such" in name for name in found)


def test_the_figures_of_all_processes_are_one(alice: Caller) -> None:
    one, other = Figures(), Figures()
    for number, one_process in ((2, one), (3, other)):
        one_process._sockets = number
        one_process.send()

    assert told(alice)["concord_websockets_open"] == 5

    one._sockets = 0
    one.send()
    assert told(alice)["concord_websockets_open"] == 3


def test_sockets_of_a_process_that_died_are_forgotten(alice: Caller, private_redis: redis.Redis) -> None:
    private_redis.hset(process.SOCKETS, "dead:1:1", f"7 {int(time.time()) - 60}")

    assert told(alice)["concord_websockets_open"] == 0
    assert private_redis.hlen(process.SOCKETS) == 0


def test_figures_that_redis_could_not_take_are_sent_later(private_redis: redis.Redis) -> None:
    def away() -> Any:
        raise RedisError("away")

    mine = Figures(away)
    mine._waiting.values["concord_http_requests_total", "[]", ""] = 2
    with pytest.raises(RedisError):
        mine.send()

    mine._connect = process.client
    mine.send()

    [value] = private_redis.hgetall(process.FIGURES).values()
    assert float(value) == 2


def test_without_redis_the_rest_is_told_and_the_lack_of_it(alice: Caller, settings: Settings) -> None:
    make_operation()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    found = told(alice)

    assert found["concord_metrics_complete redis"] == 0
    assert found["concord_metrics_complete operations"] == 1
    assert found["concord_operations data_pipeline planning"] == 1
    assert "concord_queue_rings" not in found


def test_a_part_that_takes_too_long_is_left_out(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"

    def endless() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(series)
        return []

    monkeypatch.setattr(bounded, "SECONDS", 0.1)
    monkeypatch.setitem(views.PARTS, "waiting", views._bounded(endless))
    began = time.monotonic()

    found = told(alice)

    assert time.monotonic() - began < 5
    assert found["concord_metrics_complete waiting"] == 0
    assert found["concord_escalations_open"] == 0
    with connection.cursor() as cursor:  # the limit is the scrape's alone
        cursor.execute("SELECT 1")


def test_a_scrape_asks_as_much_however_much_there_is(
    alice: Caller, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        finish()
        make_escalation()
    folding.fold(timezone.now())

    with django_assert_max_num_queries(10 + 3 * len(views.PARTS)):
        told(alice)


def test_a_stranger_is_told_nothing(eve: Caller) -> None:
    assert eve.get("/metrics").status_code == 401


def test_that_the_sweeper_lives_shows(alice: Caller) -> None:
    assert "concord_sweeper_age_seconds" not in told(alice)

    folding.fold(timezone.now())

    assert told(alice)["concord_sweeper_age_seconds"] == pytest.approx(0, abs=5)


def test_figures_that_cannot_be_added_up_keep_nobody_from_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(after: int, until: Any) -> Any:
        raise DatabaseError("away")

    monkeypatch.setitem(folding.SOURCES, "moves", broken)
    monkeypatch.setattr(folding, "_due", 0.0)

    folding.fold_if_due(None)
