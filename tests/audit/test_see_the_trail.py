"""The trail over the API, on its page and as a file, for those who may see it."""

import csv
import io
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import AsyncClient, Client

from operations.audit import chain
from operations.audit.acting import actor_of
from operations.audit.models import Entry
from operations.audit.recording import record
from tests.api.conftest import Caller
from tests.make import make_key, make_operation, make_person

pytestmark = pytest.mark.django_db

PAGE = "/console/audit"


def test_the_api_shows_an_entry_with_the_names_of_now(auditor: Caller, alice: Caller) -> None:
    operation = make_operation(alice.row)
    chain.seal()

    shown = auditor.get("/audit?action=operation.start").json()["results"][0]

    assert shown["sequence"] >= 1
    assert len(shown["hash"]) == 64
    assert (shown["actor_kind"], shown["target_kind"], shown["target_id"]) == ("system", "operation", operation.pk)
    assert shown["after"] == {"operation_type": "data_pipeline", "priority": 5}
    assert shown["operation_id"] == operation.pk


@pytest.mark.parametrize("who", ["alice", "stranger", "read_all"])
def test_the_api_takes_the_scope(who: str, alice: Caller) -> None:
    callers = {"alice": alice, "stranger": Caller(), "read_all": Caller(make_key("read_all")[1])}
    answer = callers[who].get("/audit")
    assert answer.status_code == (401 if who == "stranger" else 403)
    if who != "stranger":
        assert '"audit"' in answer.json()["detail"]


def test_the_api_goes_in_pages_newest_first(auditor: Caller) -> None:
    for count in range(5):
        record("test.act", ("thing", count))
    first = auditor.get("/audit?action=test.act&limit=3").json()
    assert [entry["target_id"] for entry in first["results"]] == ["4", "3", "2"]
    second = auditor.get(first["next"]).json()
    assert [entry["target_id"] for entry in second["results"]] == ["1", "0"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("actor=system", {"a", "b"}),
        ("actor=client", {"c"}),
        ("actor=carol", {"c"}),
        ("actor=nobody", set()),
        ("action=test.", {"a", "b", "c"}),
        ("action=test.one", {"a"}),
        ("target=thing", {"a", "b"}),
        ("target=thing:a", {"a"}),
        ("target=c", {"c"}),
        ("operation=op-1", {"b"}),
        ("since=2999-01-01", set()),
        ("until=2001-01-01", set()),
        ("since=2001-01-01&until=2999-01-01", {"a", "b", "c"}),
    ],
)
def test_the_api_s_filters(auditor: Caller, query: str, expected: set[str]) -> None:
    carol, _ = make_key(name="carol")
    record("test.one", ("thing", "a"))
    record("test.two", ("thing", "b"), operation="op-1")
    record("test.two", ("other", "c"), actor=actor_of(carol))

    found = auditor.get(f"/audit?{query}").json()["results"]

    assert {entry["target_id"] for entry in found if entry["action"].startswith("test.")} == expected


@pytest.mark.parametrize("query", ["color=red", "since=yesterday", "limit=0", "cursor=x", "limit=1000"])
def test_the_api_names_the_field_that_it_cannot_read(auditor: Caller, query: str) -> None:
    answer = auditor.get(f"/audit?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["detail"]


def test_the_page_shows_who_did_what(vera: Client) -> None:
    question = make_operation()
    record(
        "operation.cancel", question, before={"status": "planning"}, after={"status": "cancelled"}, reason="<b>no</b>"
    )

    page = vera.get(PAGE).content.decode()

    assert "operation.cancel" in page
    assert f'href="/console/operations/{question.pk}"' in page
    assert "<del>planning</del>" in page
    assert "<ins>cancelled</ins>" in page
    assert "&lt;b&gt;no" in page
    assert f'href="{PAGE}"' in page  # in the bar


def test_the_page_narrows_and_goes_on(vera: Client) -> None:
    for count in range(60):
        record("test.act", ("thing", f"n{count:02}"))
    page = vera.get(f"{PAGE}?action=test.act").content.decode()
    assert "n59" in page
    assert "n10" in page
    assert "n09" not in page
    after = Entry.objects.get(target_id="n10").pk
    assert f"after={after}" in page
    assert "n09" in vera.get(f"{PAGE}?action=test.act&after={after}").content.decode()
    assert "No entries of this kind" in vera.get(f"{PAGE}?actor=nobody").content.decode()


@pytest.mark.parametrize(
    "query", ["since=2026-99-01", "until=x", "after=-1", "after=x", "since=0001-01-01", "actor=%00"]
)
def test_an_address_that_says_nothing_is_not_there(vera: Client, query: str) -> None:
    assert vera.get(f"{PAGE}?{query}").status_code == 404


def test_the_page_is_for_those_with_the_permission(rita: Client) -> None:
    assert rita.get(PAGE).status_code == 403
    assert rita.get(f"{PAGE}/export").status_code == 403
    assert PAGE not in rita.get("/console/escalations").content.decode()
    assert Client().get(PAGE).status_code == 302


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_the_export_streams_what_the_page_shows_and_is_recorded(form: str) -> None:
    browser = await sync_to_async(_auditor)()
    answer: Any = await browser.get(f"{PAGE}/export?action=test.act&format={form}")

    text = b"".join([part async for part in answer.streaming_content]).decode()
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    rows = (
        list(csv.DictReader(io.StringIO(text))) if form == "csv" else [json.loads(line) for line in text.splitlines()]
    )
    assert [row["target_id"] for row in rows] == ["'=cmd()" if form == "csv" else "=cmd()", "1"]
    taken = await Entry.objects.aget(action="audit.export")
    assert taken.actor_kind == "person"
    assert taken.after == {"action": "test.act", "format": form}


def _auditor() -> AsyncClient:
    record("test.act", ("thing", "=cmd()"))
    record("test.act", ("thing", 1))
    record("test.other")
    person = make_person("vera", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_entry", content_type__app_label="audit"))
    browser = AsyncClient()
    browser.force_login(person)
    return browser


def exported(*words: str) -> str:
    out = io.StringIO()
    call_command("export_audit", *words, stdout=out)
    return out.getvalue()


def test_the_command_exports_between_days_and_says_so() -> None:
    record("test.act", ("thing", 1), after={"count": 1})
    rows = [json.loads(line) for line in exported("--since", "2020-01-01").splitlines()]
    assert [row["action"] for row in rows][-2:] == ["test.act", "audit.export"]
    assert all(row["sequence"] for row in rows)
    assert exported("--until", "2020-01-01") == ""
    assert exported("--format", "csv", "--since", "2020-01-01T00:00:00Z").startswith("id,sequence,at,")


@pytest.mark.parametrize(
    "words", [("--since", "yesterday"), ("--until", "2026-13-01"), ("--since", "2026-01-01T99:00")]
)
def test_the_command_names_the_option_that_it_cannot_read(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=words[0]):
        exported(*words)


def test_an_export_takes_few_queries_whatever_is_in_it(django_assert_max_num_queries: Any) -> None:
    for count in range(300):
        record("test.act", ("thing", count))
    with django_assert_max_num_queries(20):
        exported()
