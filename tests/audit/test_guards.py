"""The database itself keeps the trail as it was written."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from operations.audit import chain, guards
from operations.audit.models import Entry
from operations.audit.recording import record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("guarded")]


def refused(statement: str, *parameters: Any) -> bool:
    """Does the database refuse it, in the words of the guards? Whatever else is wrong is raised."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
    except DatabaseError as error:
        if guards.WORDS not in str(error):
            raise
        return True
    return False


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("column", [name for name in guards.CONTENT if name != "id"])
def test_no_content_can_be_changed(column: str, sealed: bool) -> None:
    record("test.act", ("thing", 1), before={"a": 1}, after={"a": 2}, reason="because", source="s")
    if sealed:
        chain.seal()
    value: Any = '{"a": 3}' if column in ("before", "after") else "2020-01-01 00:00:00" if column == "at" else "other"
    assert refused(f'UPDATE audit_entry SET "{column}" = %s', value)
    assert refused(f'UPDATE audit_entry SET "{column}" = NULL')


@pytest.mark.parametrize("sealed", [False, True])
def test_nothing_can_be_deleted(sealed: bool) -> None:
    record("test.act")
    if sealed:
        chain.seal()
    assert refused("DELETE FROM audit_entry")
    assert connection.vendor == "sqlite" or refused("TRUNCATE audit_entry")
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("column", guards.SEAL)
def test_no_seal_can_be_changed(column: str) -> None:
    record("test.act", reason="because")
    chain.seal()
    assert refused(f'UPDATE audit_entry SET "{column}" = %s', 9 if column == "sequence" else "other")


def test_of_a_reason_only_the_words_can_be_taken_out_and_only_once_it_is_sealed() -> None:
    record("test.act", reason="because")
    assert refused("UPDATE audit_entry SET reason = ''")
    chain.seal()
    assert refused("UPDATE audit_entry SET reason = 'another'")
    assert not refused("UPDATE audit_entry SET reason = ''")
    assert refused("UPDATE audit_entry SET reason = 'again'")


def test_the_guards_are_known_to_be_there() -> None:
    assert guards.there(connection)
    with connection.cursor() as cursor:
        cursor.execute(guards.removals(connection.vendor)[0])
    assert not guards.there(connection)
    call_command("verify_audit", "--guard")
    assert guards.there(connection)
