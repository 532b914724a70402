"""The life of a client's key: what it may do, how it is rotated, and how it ends."""

import io
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from operations.models import ApiKey
from operations.roles import ADMINISTRATOR
from tests.access.conftest import Browser
from tests.api.conftest import Caller
from tests.make import make_operation, make_person

BODY = {"operation_type": "data_pipeline", "parameters": {"counties": ["Duval"]}}
ASYNC = {"Prefer": "respond-async"}

pytestmark = pytest.mark.django_db


def issue(name: str, *scopes: str, **fields: Any) -> tuple[ApiKey, Caller]:
    row, key = ApiKey.objects.issue(name, list(scopes), **fields)
    return row, Caller(key, row)


def command(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def test_a_key_of_the_command_may_start_and_read_its_own() -> None:
    caller = Caller(command("create_api_key", "etl"))

    made = caller.send("/operations", BODY, **ASYNC)

    assert made.status_code == 202
    assert caller.send(f"/operations/{made.json()['operation_id']}/cancel").status_code == 200


def test_a_key_without_scopes_only_reads_its_own() -> None:
    row, caller = issue("reader")
    own = make_operation(row)

    assert caller.get(f"/operations/{own.pk}").status_code == 200
    assert caller.get(f"/operations/{make_operation().pk}").status_code == 404
    refused = caller.send("/operations", BODY)
    assert refused.status_code == 403
    assert '"start"' in refused.json()["detail"]
    assert caller.send(f"/operations/{own.pk}/cancel").status_code == 403


def test_a_key_for_one_type_starts_no_other_and_is_told_the_scope() -> None:
    _, caller = issue("pipelines", "start:data_pipeline")

    assert caller.send("/operations", BODY, **ASYNC).status_code == 202
    refused = caller.send("/operations", {"operation_type": "entity_sync"}, **ASYNC)
    assert refused.status_code == 403
    assert '"start" or "start:entity_sync"' in refused.json()["detail"]


def test_seeing_all_is_no_right_to_stop_what_is_not_ones_own() -> None:
    others = make_operation()
    _, caller = issue("watcher", "start", "read_all")

    refused = caller.send(f"/operations/{others.pk}/cancel")

    assert (refused.status_code, '"decide"' in refused.json()["detail"]) == (403, True)


@pytest.mark.parametrize(("scope", "status"), [("metrics", 200), ("read_all", 200), ("start", 403)])
def test_the_metrics_take_a_scope_of_their_own(scope: str, status: int) -> None:
    assert issue("prometheus", scope)[1].get("/metrics").status_code == status


def test_keys_that_there_are_keep_what_they_could_do() -> None:
    migration = import_module("operations.migrations.0014_scopes_and_owners")
    row, caller = issue("old", "decide")

    migration.give_scopes(apps, SimpleNamespace(connection=connection))

    row.refresh_from_db()
    assert row.scopes == ["decide", "start", "metrics"]
    assert caller.send("/operations", BODY, **ASYNC).status_code == 202
    assert caller.get("/metrics").status_code == 200


def test_a_key_is_refused_from_its_end_on() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        caller = Caller(command("create_api_key", "guest", "--days", "2"))
        assert caller.get("/operations").status_code == 200
        clock.shift(timedelta(days=2))
        assert caller.get("/operations").status_code == 401


@pytest.mark.parametrize("days", ["0", "-1", "99999999"])
def test_a_senseless_end_is_refused(days: str) -> None:
    with pytest.raises(CommandError, match="--days"):
        command("create_api_key", "guest", "--days", days)


def test_while_a_key_is_rotated_both_secrets_work_and_then_the_new_one() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        row, old = issue("etl", "start")
        new = Caller(command("rotate_api_key", "etl", "--overlap", "24h"))
        own = make_operation(row)
        assert [caller.get(f"/operations/{own.pk}").status_code for caller in (old, new)] == [200, 200]

        row.refresh_from_db()
        assert row.old_used_at
        assert row.last_used_at
        assert (row.prefix, row.old_prefix) == (new.key[:11], old.key[:11])

        clock.shift(timedelta(hours=24))
        assert [caller.get("/operations").status_code for caller in (old, new)] == [401, 200]


def test_rotating_without_an_overlap_ends_the_old_secret_at_once() -> None:
    _, old = issue("etl", "start")
    new = Caller(command("rotate_api_key", "etl", "--overlap", "0"))

    assert [caller.get("/operations").status_code for caller in (old, new)] == [401, 200]


def test_no_secret_that_works_is_cut_off_by_a_second_rotation() -> None:
    _, first = issue("etl", "start")
    command("rotate_api_key", "etl")

    with pytest.raises(CommandError, match="works until"):
        command("rotate_api_key", "etl")

    assert first.get("/operations").status_code == 200
    third = Caller(command("rotate_api_key", "etl", "--overlap", "0"))
    assert [caller.get("/operations").status_code for caller in (first, third)] == [401, 200]


@pytest.mark.parametrize("overlap", ["soon", "1y", "91d", "-1h", "1.5h"])
def test_a_senseless_overlap_is_refused(overlap: str) -> None:
    issue("etl")
    with pytest.raises(CommandError, match="such as 30m, 24h or 7d"):
        command("rotate_api_key", "etl", f"--overlap={overlap}")


def test_what_is_revoked_cannot_be_rotated_and_neither_secret_works() -> None:
    row, old = issue("etl")
    new = Caller(command("rotate_api_key", "etl"))
    ApiKey.objects.filter(pk=row.pk).revoke()

    assert [caller.get("/operations").status_code for caller in (old, new)] == [401, 401]
    with pytest.raises(CommandError, match="revoked"):
        command("rotate_api_key", "etl")


def test_the_admin_makes_a_key_shows_it_once_and_rotates_it(browser: Browser) -> None:
    client = browser(ADMINISTRATOR)

    page = client.post("/admin/operations/apikey/add/", {"name": "etl", "scopes": ["start:custom"]})
    secret = _shown(page)
    row = ApiKey.objects.get()
    assert row.scopes == ["start:custom"]
    rotated = _shown(client.post(f"/admin/operations/apikey/{row.pk}/rotate/", {"overlap": "1"}))

    assert {Caller(key).get("/operations").status_code for key in (secret, rotated)} == {200}
    for path in ("", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/rotate/"):
        seen = client.get(f"/admin/operations/apikey/{path}").content.decode()
        row.refresh_from_db()
        assert not [kept for kept in (secret, rotated, row.digest, row.old_digest) if str(kept) in seen]


def _shown(page: Any) -> str:
    return page.content.decode().partition('id="issued-key">')[2].partition("<")[0]


@pytest.mark.parametrize(
    ("state", "names"),
    [("in force", {"plain", "turning"}), ("rotating", {"turning"}), ("expired", {"over"}), ("revoked", {"gone"})],
)
def test_the_admin_lists_keys_by_their_state(browser: Browser, state: str, names: set[str]) -> None:
    issue("plain")
    issue("turning")[0].rotate(timedelta(hours=1))
    issue("over", expires_at=timezone.now() - timedelta(hours=1))
    issue("gone")
    ApiKey.objects.filter(name="gone").revoke()

    page = browser(ADMINISTRATOR).get("/admin/operations/apikey/", {"state": state})

    assert {key.name for key in page.context["cl"].result_list} == names
    assert {key.state for key in page.context["cl"].result_list if state != "in force"} <= {state}


def test_a_client_without_a_key_may_start_where_that_is_allowed(settings: Any) -> None:
    settings.API_KEY_REQUIRED = False
    persons = make_operation(person=make_person("olga"))
    client = Caller()

    assert client.send("/operations", BODY, **ASYNC).status_code == 202
    assert Client().get(f"/operations/{persons.pk}").status_code == 404
