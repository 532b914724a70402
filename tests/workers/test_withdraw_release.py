"""Withdrawing a release: readers see the one before it or none, the rows stay, and only a person puts it back."""

import threading

import pytest
from django.db import connections

from tests.workers.rolls import make_csv, make_dataset, make_processed
from workers import datasets
from workers.contract import ActionError, Call
from workers.florida_data.upload import upload
from workers.performance.track_completion import track_completion
from workers.warehouse import releases
from workers.warehouse.models import Release, ReleaseAct
from workers.warehouse.turns import Taken, turn

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)


def load(processed=None, **fields):
    processed = processed or make_processed(**fields)
    upload.run(Call(), {"processed": processed})
    return Release.objects.get(dataset_sha256=processed["dataset"]["sha256"])


def withdraw(release, reason="wrong values"):
    return releases.withdraw(release, who="rita", reason=reason)


def restore(release):
    return releases.restore(release, who="bob", reason="it was right")


def states():
    return dict(Release.objects.values_list("release", "state"))


def rows_shown():
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sdf_current")
        return cursor.fetchone()[0]


def test_the_release_before_becomes_current_again():
    older, newer = load(), load(stage="F", seed=2)

    assert withdraw(newer) == older

    assert states() == {older.release: "loaded", newer.release: "withdrawn"}
    assert rows_shown() == older.rows


def test_without_a_release_before_readers_see_none_and_the_rows_stay():
    release = load()

    assert withdraw(release) is None

    assert rows_shown() == 0
    assert releases.count(release) == release.rows > 0


def test_it_is_kept_who_withdrew_and_put_back_what_when_and_why():
    older, newer = load(), load(stage="F", seed=2)
    withdraw(newer, "wrong values")
    restore(newer)

    restored, withdrawn = ReleaseAct.objects.all()
    assert (withdrawn.kind, withdrawn.who, withdrawn.reason) == ("withdrawn", "rita", "wrong values")
    assert (restored.kind, restored.who, restored.reason) == ("restored", "bob", "it was right")
    assert (withdrawn.current, restored.current) == (older.release, newer.release)
    assert withdrawn.created_at <= restored.created_at


def test_what_is_put_back_is_current_again():
    older, newer = load(), load(stage="F", seed=2)
    withdraw(newer)

    assert restore(newer) == newer

    assert states() == {older.release: "superseded", newer.release: "loaded"}
    assert rows_shown() == newer.rows


def test_what_is_put_back_after_a_newer_one_came_stays_behind_it():
    first = load(stage="F")
    withdraw(first)
    second = load(stage="F", seed=2, submission=2)

    assert restore(first) == second

    assert states() == {first.release: "superseded", second.release: "loaded"}


def test_loading_the_same_file_again_says_that_it_was_withdrawn_and_by_whom_and_why():
    processed = make_processed()
    release = load(processed)
    withdraw(release, "last year's values")

    with pytest.raises(ActionError, match=r"rita withdrew it on \d{4}-\d\d-\d\d \(last year's values\)"):
        load(processed)

    assert states() == {release.release: "withdrawn"}
    assert rows_shown() == 0


def test_the_same_file_processed_anew_does_not_bring_it_back_either():
    processed = make_processed()
    withdraw(load(processed))
    shorter = datasets.read(processed["dataset"]).head(10)

    with pytest.raises(ActionError, match="withdrew it"):
        load(processed | {"dataset": make_dataset(shorter, "anew"), "rows_processed": 10})


def test_another_load_never_makes_a_withdrawn_release_current():
    preliminary, final = load(), load(stage="F", seed=2)
    withdraw(final)

    second = load(submission=2, seed=3)

    assert states() == {preliminary.release: "superseded", final.release: "withdrawn", second.release: "loaded"}


def test_other_years_are_not_touched():
    last_year = load(make_processed(make_csv("SDF", year=2024), year=2024))
    release = load()

    assert withdraw(release) is None

    assert states()[last_year.release] == "loaded"


def test_of_two_withdrawals_the_second_is_refused():
    older, newer = load(), load(stage="F", seed=2)
    as_bob_saw_it = Release.objects.get(pk=newer.pk)
    withdraw(newer)

    with pytest.raises(releases.NotSo, match="it is withdrawn"):
        withdraw(as_bob_saw_it)

    assert states()[older.release] == "loaded"
    assert ReleaseAct.objects.count() == 1


def test_only_a_withdrawn_release_can_be_put_back():
    with pytest.raises(releases.NotSo, match="it is loaded"):
        restore(load())


def test_nobody_withdraws_while_the_roll_is_being_loaded(monkeypatch):
    monkeypatch.setattr(releases, "PATIENCE", 0.5)
    release = load()
    holding, done = threading.Event(), threading.Event()

    def loader():
        try:
            with turn(Call(), release.roll):
                holding.set()
                done.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=loader)
    thread.start()
    try:
        assert holding.wait(10)
        with pytest.raises(Taken):
            withdraw(release)
    finally:
        done.set()
        thread.join()

    assert states() == {release.release: "loaded"}
    withdraw(release)


def test_two_people_at_once_withdraw_it_once():
    older, newer = load(), load(stage="F", seed=2)
    outcomes = []

    def person(name):
        try:
            releases.withdraw(Release.objects.get(pk=newer.pk), who=name, reason="wrong")
            outcomes.append("done")
        except releases.NotSo:
            outcomes.append("too late")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=person, args=[name]) for name in ("rita", "bob", "vera")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", "too late", "too late"]
    assert states()[older.release] == "loaded"
    assert ReleaseAct.objects.count() == 1


def test_the_quarantine_is_kept_with_the_release():
    content = make_csv("SDF").replace(b"\r\n", b"\r\nnot,a,sale\r\n", 1)
    processed = make_processed(content)

    release = load(processed)

    assert release.rows_quarantined == 1
    assert release.quarantine == processed["quarantine"]
    assert release.quarantine_reasons == processed["quarantine_reasons"] != {}


def test_a_withdrawn_release_counts_as_missing():
    release = load()
    withdraw(release)

    told = track_completion.run(Call(), {"datasets": ["SDF"], "counties": [release.county_no], "year": 2025})

    assert told["datasets"][0]["counties"][0]["state"] == "missing"
