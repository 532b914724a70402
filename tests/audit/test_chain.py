"""The chain holds as long as nobody changes it, and says where somebody did."""

import json
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction

from operations.audit import chain
from operations.audit.models import Entry
from operations.audit.recording import record

pytestmark = pytest.mark.django_db


def written(number: int = 5) -> list[Entry]:
    """So many sealed entries, in order."""
    for count in range(number):
        record("test.act", ("thing", count), after={"count": count, "share": 0.1 * count}, reason=f"because {count}")
    chain.seal()
    return list(chain.entries())


def verified(*anchors: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `verify_audit --json`, and what it said."""
    out, code = StringIO(), 0
    try:
        call_command("verify_audit", "--json", *[f"--anchor={anchor}" for anchor in anchors], stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue())


def test_what_was_written_holds() -> None:
    written()

    code, said = verified()

    assert (code, said["holds"], said["entries"], said["broken"]) == (0, True, Entry.objects.count(), None)
    assert said["head"] == str(chain.head())


def test_an_empty_trail_holds() -> None:
    code, said = verified()
    assert (code, said["entries"], said["head"]) == (0, 0, "0:")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor_id", "99"),
        ("action", "test.other"),
        ("after", {"count": 7}),
        ("address", "203.0.113.9"),
        ("reason", "another"),
        ("at", "2020-01-01T00:00:00Z"),
        ("hash", "0" * 64),
        ("previous", "0" * 64),
        ("key_id", "00000000"),
        ("operation_id", "op-20260101-000000-00000000"),
    ],
)
def test_any_change_is_found_where_it_was_made(field: str, value: Any) -> None:
    third = written()[2]
    Entry.objects.filter(pk=third.pk).update(**{field: value})

    code, said = verified()

    assert code == 1
    assert (said["broken"]["sequence"], said["broken"]["id"]) == (third.sequence, third.pk)


def test_a_missing_entry_is_found() -> None:
    entries = written()
    Entry.objects.filter(pk=entries[2].pk).delete()

    code, said = verified()

    assert code == 1
    assert f"entries {entries[2].sequence} to {entries[2].sequence} are missing" in said["broken"]["why"]


def test_a_beginning_that_was_cut_off_is_found() -> None:
    Entry.objects.filter(pk=written()[0].pk).delete()
    assert verified()[0] == 1


def test_two_entries_that_changed_places_are_found() -> None:
    first, second = written()[1:3]
    places = {first.pk: second.sequence, second.pk: first.sequence}
    Entry.objects.filter(pk__in=places).update(sequence=None)
    for pk, sequence in places.items():
        Entry.objects.filter(pk=pk).update(sequence=sequence)
    assert verified()[0] == 1


def test_an_end_that_was_cut_off_is_found_by_the_anchor_in_the_log() -> None:
    entries = written()
    anchor = str(chain.head())
    Entry.objects.filter(pk=entries[-1].pk).delete()
    assert verified()[0] == 0  # what is left is a chain

    code, said = verified(anchor)

    assert code == 1
    assert anchor in said["broken"]["why"]


def test_another_chain_in_the_place_of_the_first_is_found_by_the_anchor() -> None:
    """Whoever has SECRET_KEY too can make a chain that holds, but not the one of which the log tells."""
    entries = written()
    anchor = str(chain.head())
    Entry.objects.filter(pk=entries[1].pk).update(action="test.other")
    Entry.objects.update(sequence=None, hash="", previous="")
    chain.seal()
    assert verified()[0] == 0

    code, said = verified(anchor)

    assert (code, said["broken"]["sequence"]) == (1, entries[-1].sequence)


def test_the_anchor_of_an_untouched_trail_holds() -> None:
    written()
    anchor = str(chain.head())
    written()
    assert verified(anchor)[0] == 0


def test_the_head_is_written_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    written()
    with caplog.at_level("INFO"):
        chain.log_head()
    assert [record.anchor for record in caplog.records if hasattr(record, "anchor")] == [str(chain.head())]


def test_a_chain_cannot_be_made_without_the_key(settings: Any) -> None:
    written()
    entry = Entry.objects.order_by("sequence").first()
    assert entry
    forged = chain.hash_of(entry, b"another key")
    assert forged != entry.hash
    Entry.objects.filter(pk=entry.pk).update(hash=forged)
    assert verified()[0] == 1


def test_entries_of_an_earlier_secret_key_hold_as_long_as_it_is_named(settings: Any) -> None:
    written()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 9, [settings.SECRET_KEY]
    written()
    assert verified()[0] == 0

    settings.SECRET_KEY_FALLBACKS = []
    code, said = verified()

    assert code == 1
    assert "SECRET_KEY_FALLBACKS" in said["broken"]["why"]


def test_who_commits_late_gets_the_next_number(transactional_db: Any) -> None:
    """His row was written first; nobody waited for him, and there is no gap."""
    begun, go_on = threading.Event(), threading.Event()

    def late() -> None:
        try:
            with transaction.atomic():
                record("test.late")
                begun.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    thread = threading.Thread(target=late)
    thread.start()
    assert begun.wait(10)
    record("test.early")
    chain.seal()
    go_on.set()
    thread.join(10)
    chain.seal()

    order = list(Entry.objects.order_by("sequence").values_list("sequence", "action"))
    assert order == [(1, "test.early"), (2, "test.late")]
    assert verified()[0] == 0


def test_two_sealers_make_one_chain(transactional_db: Any) -> None:
    for count in range(200):
        record("test.act", ("thing", count))

    def seal() -> None:
        try:
            chain.seal()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    code, said = verified()
    assert (code, said["entries"]) == (0, 200)


def test_what_is_written_no_json_can_hold_is_sealed_all_the_same() -> None:
    record("test.odd", ("thing", "a\0b\ud800"), after={"text": "\ud800\0", "float": 1e22}, reason="\udfff\0")
    chain.seal()
    assert verified()[0] == 0


@pytest.mark.parametrize("anchor", ["", "7", "x:y", "7:zz", f"-1:{'0' * 64}"])
def test_what_is_no_anchor_is_refused_with_an_example(anchor: str) -> None:
    with pytest.raises(CommandError, match="SEQUENCE:HASH"):
        call_command("verify_audit", f"--anchor={anchor}")
