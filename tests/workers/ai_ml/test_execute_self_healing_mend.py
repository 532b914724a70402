"""execute_self_healing: the harmless remedies find their trouble, change nothing in a dry run, and mend it once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from operations.models import Operation
from tests.operations import plant
from tests.serving import serve
from tests.workers.ai_ml.make import Json
from tests.workers.ai_ml.mending import (
    REFRESH,
    RESET,
    RING,
    concord,
    finding,
    look,
    make_loaded,
    make_stale,
    make_stuck,
    mend,
)
from tests.workers.rolls import make_csv
from workers import registry
from workers.ai_ml.healing import reset_circuit
from workers.models import RegisteredWorker

__all__ = ["concord"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


# --- ring_stuck_operations ---


def test_an_operation_that_nobody_came_for_is_rung_for(concord: str) -> None:
    operation = make_stuck(wake_at=None)

    [found] = look(RING)
    assert found["target"] == operation.pk
    assert "nobody is to come for it" in found["words"]
    assert Operation.objects.get().wake_at is None

    assert mend(found) == [{"outcome": "mended", "words": f"Rang for {operation.pk}."}]
    assert Operation.objects.ready(timezone.now()).get() == operation
    assert look(RING) == []
    assert [one["outcome"] for one in mend(found)] == ["nothing_to_do"]
    assert operation.events.filter(kind="rung").count() == 1


def test_a_doubled_call_mends_once(concord: str) -> None:
    operation = make_stuck(wake_at=None)
    [found] = look(RING)

    assert [one["outcome"] for one in mend(found, found)] == ["mended", "nothing_to_do"]
    assert operation.events.filter(kind="rung").count() == 1


def test_an_operation_that_is_held_or_was_never_there_is_not_rung_for(concord: str) -> None:
    held = make_stuck(lease_until=timezone.now() + timedelta(minutes=1))

    done = mend(finding(RING, held.pk), finding(RING, "../workers/plant/reset"))

    assert [one["outcome"] for one in done] == ["nothing_to_do", "nothing_to_do"]
    assert not held.events.filter(kind="rung").exists()


# --- reset_circuit ---


@pytest.fixture
def tripped(concord: str) -> Iterator[RegisteredWorker]:
    """A worker that is well, though its last calls failed."""
    with serve(plant.worker) as url:
        away = {"failures": 7, "away_since": timezone.now(), "open_until": timezone.now() + timedelta(seconds=5)}
        yield RegisteredWorker.objects.create(name="plant", url=url, **away)


def test_the_circuit_of_a_worker_that_is_well_is_closed(tripped: RegisteredWorker) -> None:
    RegisteredWorker.objects.create(name="healthy", url=tripped.url)

    [found] = look(RESET)
    assert (found["target"], "its last 7 calls failed" in found["words"]) == ("plant", True)
    tripped.refresh_from_db()
    assert tripped.failures == 7

    assert [one["outcome"] for one in mend(found)] == ["mended"]
    tripped.refresh_from_db()
    assert (tripped.failures, tripped.away_since, tripped.open_until) == (0, None, None)
    assert look(RESET) == []
    assert mend(found) == [{"outcome": "nothing_to_do", "words": "The circuit of plant is closed."}]


def test_the_circuit_of_a_worker_that_is_down_stays_open(tripped: RegisteredWorker) -> None:
    [found] = look(RESET)
    RegisteredWorker.objects.update(url="http://127.0.0.1:1")

    assert look(RESET) == []
    [done] = mend(found)
    assert done["outcome"] == "nothing_to_do"
    assert "does not answer" in done["words"]
    assert RegisteredWorker.objects.get().failures == 7


def test_a_call_that_fails_meanwhile_is_not_forgotten(
    tripped: RegisteredWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers_after_a_failure(worker: Json) -> bool:
        registry.failed("plant")
        return True

    [found] = look(RESET)
    monkeypatch.setattr(reset_circuit, "_is_well", answers_after_a_failure)

    [done] = mend(found)

    assert (done["outcome"], "in the meantime" in done["words"]) == ("nothing_to_do", True)
    assert RegisteredWorker.objects.get().failures == 8


# --- refresh_stale_release ---


def test_a_roll_that_was_loaded_long_ago_is_asked_for_once(concord: str) -> None:
    release = make_stale()
    make_loaded(file_type="NAP")

    [found] = look(REFRESH)
    assert found["target"] == release.release
    assert "the SDF of Union, was loaded 60 days ago" in found["words"]
    assert not Operation.objects.exists()

    first, second = mend(found), mend(found)
    operation = Operation.objects.get()
    assert operation.parameters == {"counties": ["Union"], "file_types": ["SDF"]}
    assert operation.client
    assert operation.client.name == "ai_ml"
    assert first == second
    assert first == [
        {"outcome": "mended", "words": f"Asked for the SDF of Union anew: {operation.pk} is {operation.status}."}
    ]


def test_how_old_is_stale_can_be_said(concord: str) -> None:
    make_stale(days=50)

    assert look(REFRESH, stale_after_days=51) == []
    [found] = look(REFRESH, stale_after_days=49)
    assert [one["outcome"] for one in mend(found, stale_after_days=51)] == ["nothing_to_do"]
    assert not Operation.objects.exists()


def test_a_county_whose_newest_year_was_loaded_lately_is_not_stale(concord: str) -> None:
    old = make_stale(content=make_csv("SDF", year=2024), year=2024)
    make_loaded()

    assert look(REFRESH) == []
    assert [one["outcome"] for one in mend(finding(REFRESH, old.release))] == ["nothing_to_do"]
