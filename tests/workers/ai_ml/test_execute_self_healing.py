"""execute_self_healing: each remedy finds its trouble, changes nothing in a dry run, and mends it once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, get_args

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from operations.models import Operation
from operations.planning import healing as planned
from tests.make import make_key, make_operation
from tests.operations import plant
from tests.serving import serve
from tests.workers.ai_ml.make import Json, run
from tests.workers.performance.conftest import nobody
from tests.workers.rolls import make_csv, make_processed
from workers import registry
from workers.ai_ml import execute_self_healing
from workers.ai_ml.healing import reset_circuit
from workers.ai_ml.healing.catalogue import REMEDIES
from workers.ai_ml.healing.remedy import Name
from workers.contract import ActionError, Call, Cancelled, InvalidParameters, TryLater
from workers.florida_data.upload import upload
from workers.models import CallRecord, RegisteredWorker, Release
from workers.warehouse import postgresql, releases, sqlite
from workers.warehouse.turns import turn

__all__ = ["nobody"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

RING, RESET, DROP, REFRESH = REMEDIES


@pytest.fixture
def concord(live_server: Any, settings: Settings) -> Iterator[str]:
    """The address of a Concord that lets the worker mend."""
    registry.forget()
    settings.CONCORD_URL = live_server.url
    settings.CONCORD_API_KEY = make_key("read_all", "mend", name="ai_ml")[1]
    yield live_server.url
    registry.forget()


def look(*remedies: str, **parameters: Any) -> list[Json]:
    return run("execute_self_healing", remedies=list(remedies), **parameters)["findings"]


def mend(*findings: Json, **parameters: Any) -> list[Json]:
    done = run("execute_self_healing", act_on=list(findings), dry_run=False, **parameters)["done"]
    return [{"outcome": one["outcome"], "words": one["words"]} for one in done]


def finding(remedy: str, target: str) -> Json:
    return {"remedy": remedy, "target": target, "words": "It was found."}


# --- ring_stuck_operations ---


def make_stuck(**fields: Any) -> Operation:
    operation = make_operation()
    two_minutes_ago = timezone.now() - timedelta(minutes=2)
    told = {"wake_at": two_minutes_ago, "updated_at": two_minutes_ago} | fields
    Operation.objects.filter(pk=operation.pk).update(**told)
    return operation


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


# --- drop_orphaned_staging ---


def make_loaded(**fields: Any) -> Release:
    processed = make_processed(**fields)
    upload.run(Call(), {"processed": processed})
    return Release.objects.get(release=processed["release"])


def make_orphan(days: float = 2, **fields: Any) -> Release:
    """A release whose loading began so many days ago, and never ended; on PostgreSQL as a dump may bring it."""
    release = make_loaded(**({"seed": 5} | fields))
    Release.objects.filter(pk=release.pk).update(state="staged", created_at=timezone.now() - timedelta(days=days))
    release.refresh_from_db()
    return release


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


# --- refresh_stale_release ---


def make_stale(days: float = 60, **fields: Any) -> Release:
    release = make_loaded(**fields)
    Release.objects.filter(pk=release.pk).update(loaded_at=timezone.now() - timedelta(days=days))
    return release


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


# --- the action ---


def test_a_look_at_everything_tells_the_harmless_from_the_destructive(concord: str) -> None:
    make_stuck()
    make_stale(file_type="NAP")
    make_orphan()

    healing = run("execute_self_healing")

    assert [one["remedy"] for one in healing["findings"]] == [RING, DROP, REFRESH]
    assert [one["remedy"] for one in healing["harmless"]] == [RING, REFRESH]
    assert [one["remedy"] for one in healing["destructive"]] == [DROP]
    assert (healing["dry_run"], healing["done"], healing["truncated"]) == (True, [], False)
    assert len(healing["summary"]) == 3


def test_where_all_is_well_nothing_is_found(concord: str) -> None:
    healing = run("execute_self_healing")

    assert healing["findings"] == []
    assert healing["summary"] == ["Nothing was found that is to be mended."]


def test_only_so_many_are_told_of_each_remedy(concord: str) -> None:
    for _ in range(21):
        make_stuck()

    healing = run("execute_self_healing", remedies=[RING])

    assert (len(healing["findings"]), healing["truncated"]) == (20, True)
    assert "there are more" in healing["summary"][-1]


def test_one_failure_does_not_stop_the_others(concord: str, settings: Settings) -> None:
    operation, orphan = make_stuck(), make_orphan()
    findings = look(RING, DROP)
    settings.CONCORD_API_KEY = make_key("read_all", name="may not mend")[1]

    healing = run("execute_self_healing", act_on=findings, dry_run=False)

    assert [one["outcome"] for one in healing["done"]] == ["failed", "mended"]
    assert healing["failed"] == [healing["done"][0]["words"]]
    assert '"mend"' in healing["failed"][0]
    assert healing["summary"][0] == "1 mended, 0 needed it no more, 1 failed."
    assert not operation.events.filter(kind="rung").exists()
    assert not Release.objects.filter(pk=orphan.pk).exists()


def test_where_concord_is_away_it_is_asked_again_later(nobody: None) -> None:
    with pytest.raises(TryLater, match="CONCORD_URL"):
        look(RING)
    with pytest.raises(TryLater, match="CONCORD_URL"):
        mend(finding(RESET, "plant"))


def test_a_key_without_the_scope_is_told_which_one_it_lacks(concord: str, settings: Settings) -> None:
    make_stuck()
    [found] = look(RING)

    settings.CONCORD_API_KEY = make_key("read_all", name="reader")[1]
    with pytest.raises(ActionError, match='403: Mending takes a key with the scope "mend"') as refusal:
        mend(found)
    assert not isinstance(refusal.value, TryLater)

    settings.CONCORD_API_KEY = make_key("mend", name="blind")[1]
    with pytest.raises(ActionError, match='scope "read_all"'):
        look(RING)


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"dry_run": False}, "act_on", "name the findings"),
        ({"act_on": [finding(RING, "op-1")]}, "act_on", "set dry_run to false"),
        (
            {"remedies": [RING], "act_on": [finding(DROP, "sdf_1")], "dry_run": False},
            "act_on.0.remedy",
            "is not one of the remedies",
        ),
        ({"remedies": ["reboot"]}, "remedies.0", "ring_stuck_operations"),
        ({"act_on": [finding(RING, f"op-{n}") for n in range(21)], "dry_run": False}, "act_on", "at most 20"),
        ({"stale_after_days": 0}, "stale_after_days", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_told_with_its_field(parameters: Json, field: str, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words) as refusal:
        run("execute_self_healing", **parameters)

    assert refusal.value.field == field


def test_a_call_that_was_withdrawn_mends_nothing(concord: str) -> None:
    operation = make_stuck()
    [found] = look(RING)
    call = Call()
    call.cancelled.set()

    with pytest.raises(Cancelled):
        execute_self_healing(call, remedies=[], act_on=[found], dry_run=False, stale_after_days=45)

    assert not operation.events.filter(kind="rung").exists()


def test_the_catalogue_is_the_one_that_plans_and_schemas_know() -> None:
    assert tuple(REMEDIES) == get_args(Name) == planned.REMEDIES
    assert [name for name, remedy in REMEDIES.items() if remedy.name != name] == []
