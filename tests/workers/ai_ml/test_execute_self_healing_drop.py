"""execute_self_healing: what an interrupted load left is dropped once, and nothing that is loaded or being loaded."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from tests.workers.ai_ml.mending import DROP, finding, look, make_loaded, make_orphan, mend
from workers.contract import Call, TryLater
from workers.models import CallRecord, Release
from workers.warehouse import postgresql, releases, sqlite
from workers.warehouse.turns import turn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


@contextmanager
def elsewhere(act: Callable[[], Any], within: AbstractContextManager[Any]) -> Iterator[None]:
    """Somebody else, with connections of his own, has done something ``within`` what he does not leave meanwhile."""
    has_it, give_back = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with within:
                act()
                has_it.set()
                give_back.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert has_it.wait(10)
    try:
        yield
    finally:
        give_back.set()
        thread.join(10)


def has_table(orphan: Release) -> bool:
    """Is there still a table of the release's own, as PostgreSQL has it?"""
    if connections["warehouse"].vendor != "postgresql":
        return False
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"sdf_{orphan.pk}"])
        return bool(cursor.fetchone()[0])


def test_what_an_interrupted_load_left_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BATCH_ROWS", 5)
    loaded, orphan = make_loaded(file_type="NAP"), make_orphan()
    rows = releases.count(orphan)
    assert rows > 5

    [found] = look(DROP)
    assert found["target"] == f"sdf_{orphan.pk}"
    assert f"{rows:,} rows" in found["words"]
    assert f"{orphan.release} was staged 2 days ago" in found["words"]
    assert releases.count(orphan) == rows

    [done] = mend(found)
    assert done["outcome"] == "mended"
    assert f"{rows:,} rows" in done["words"]
    assert releases.count(orphan) == 0
    assert not has_table(orphan)
    assert list(Release.objects.all()) == [loaded]
    assert releases.count(loaded) > 0
    assert look(DROP) == []
    assert [one["outcome"] for one in mend(found)] == ["nothing_to_do"]


def test_a_table_that_was_never_attached_is_removed_too() -> None:
    orphan = make_orphan()
    with connections["warehouse"].cursor() as cursor:
        if connections["warehouse"].vendor == "postgresql":
            cursor.execute(f"ALTER TABLE sdf DETACH PARTITION sdf_{orphan.pk}")
        else:
            cursor.execute("DELETE FROM sdf")

    assert [one["outcome"] for one in mend(*look(DROP))] == ["mended"]
    assert not has_table(orphan)
    assert not Release.objects.exists()


def test_readers_are_not_kept_waiting_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("only PostgreSQL waits for readers")
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.1)
    orphan = make_orphan()
    [found] = look(DROP)

    reads = elsewhere(lambda: releases.count(orphan), transaction.atomic(using="warehouse"))
    with reads, pytest.raises(TryLater, match="lock timeout"):
        mend(found)

    assert has_table(orphan)
    assert Release.objects.get() == orphan


@pytest.mark.parametrize("state", ["loaded", "superseded"])
def test_a_release_that_is_complete_is_never_touched(state: str) -> None:
    orphan = make_orphan()
    [found] = look(DROP)
    Release.objects.filter(pk=orphan.pk).update(state=state)
    rows = releases.count(orphan)

    assert look(DROP) == []
    assert [one["outcome"] for one in mend(found)] == ["nothing_to_do"]
    assert releases.count(orphan) == rows > 0


def test_what_was_staged_lately_is_left_alone() -> None:
    orphan = make_orphan(days=0.9)

    assert look(DROP) == []
    assert [one["outcome"] for one in mend(finding(DROP, f"sdf_{orphan.pk}"))] == ["nothing_to_do"]


def test_what_a_running_upload_has_the_turn_for_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.warehouse.staging.MOMENT", 0.1)
    orphan = make_orphan()
    [found] = look(DROP)

    with elsewhere(Release.objects.count, turn(Call(), orphan.roll)):
        assert look(DROP) == []
        with pytest.raises(TryLater, match="being loaded"):
            mend(found)

    assert releases.count(orphan) > 0
    assert [one["outcome"] for one in mend(found)] == ["mended"]


def test_what_a_living_call_says_it_loads_is_left_alone() -> None:
    orphan = make_orphan()
    [found] = look(DROP)
    call = {"worker": "florida_data", "action": "upload", "key": "k", "owner": "here", "message": f"loading {orphan}"}
    record = CallRecord.objects.create(seen_at=timezone.now(), **call)

    assert look(DROP) == []
    with pytest.raises(TryLater, match="left alone"):
        mend(found)
    CallRecord.objects.filter(pk=record.pk).update(seen_at=timezone.now() - timedelta(minutes=1))
    assert look(DROP) == [found]


def test_the_same_file_can_be_loaded_afterwards() -> None:
    orphan = make_orphan()
    mend(*look(DROP))

    again = make_loaded(seed=5)

    assert (again.release, again.state) == (orphan.release, "loaded")
    assert releases.count(again) == again.rows


@pytest.mark.parametrize("target", ["sdf", "sdf_", "sdf_x", "sdf_0", "sdf_²", "sdf_" + "9" * 30, "nal_1"])
def test_a_target_that_names_nothing_harms_nothing(target: str) -> None:
    orphan = make_orphan()

    assert [one["outcome"] for one in mend(finding(DROP, target))] == ["nothing_to_do"]
    assert Release.objects.get() == orphan
