"""The pages about the workers: how each is, what it did, what it can do, and what people do about it."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from operations.models import Operation, Step
from operations.states import Status, StepStatus
from tests.make import make_auditor, make_operation, make_person
from workers.contract import Call, Worker, action
from workers.models import RegisteredWorker

PAGE = "/console/workers"
CLOSED_PORT = "http://127.0.0.1:9"


@action(read_only=True, expected_seconds=3)
def measure(call: Call, county: str, years: list[int], deep: bool = False) -> dict[str, int]:
    """Measure a county.

    All of it.
    """
    return {}


MANIFEST = Worker("ruler", "1.5", [measure]).manifest()


def make_worker(name: str = "ruler", **fields: Any) -> RegisteredWorker:
    given = {"url": CLOSED_PORT, "manifest": MANIFEST, "healthy": True, "checked_at": timezone.now(), **fields}
    return RegisteredWorker.objects.create(name=name, **given)


def make_steps(operation: Operation, *took: float, worker: str = "ruler", ago: float = 60, **fields: Any) -> list[Step]:
    """Steps that took so many seconds and ended ``ago`` seconds ago."""
    end, first = timezone.now() - timedelta(seconds=ago), operation.steps.count()
    given = {"worker": worker, "action": "measure", "status": StepStatus.COMPLETED, "finished_at": end, **fields}
    return [
        Step.objects.create(
            operation=operation,
            step_id=f"E{number}",
            position=number,
            **{"started_at": end - timedelta(seconds=seconds), **given},
        )
        for number, seconds in enumerate(took, first + 1)
    ]


def words(browser: Client, address: str = PAGE) -> str:
    text = re.sub(r"<[^>]+>", " ", browser.get(address).content.decode())
    return html.unescape(" ".join(text.split()))


@pytest.fixture
def ada(db: None) -> Client:
    browser = Client()
    browser.force_login(make_person("ada", is_staff=True, is_superuser=True))
    return browser


def test_each_worker_is_told_of_in_words(rita: Client) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    make_worker("well")
    make_worker("away", healthy=False, error="http://w/health answered 500")
    make_worker("unknown", healthy=None, checked_at=None, manifest={})
    make_worker("off", enabled=False)
    make_worker("paused", failures=7, open_until=soon)

    page = words(rita)

    assert "well 1 action, version 1.5 Healthy" in page
    assert "Does not answer http://w/health answered 500" in page
    assert "unknown 0 actions Not asked yet" in page
    assert "Switched off Nothing is sent to it until it is switched on." in page
    assert f"Paused 7 calls in a row failed. It is called again from {soon:%H:%M:%S} UTC on." in page


def test_without_workers_the_page_says_how_to_register_one(rita: Client) -> None:
    assert "No worker is registered. Register one in the admin or with POST /workers" in words(rita)


def test_the_calls_of_the_last_hour_are_counted_and_timed(rita: Client) -> None:
    make_worker()
    operation = make_operation(status=Status.EXECUTING)
    make_steps(operation, *range(1, 21))
    make_steps(operation, 100, status=StepStatus.FAILED)
    make_steps(operation, 500, ago=4000)
    make_steps(operation, 700, worker="another")

    total = rita.get(f"{PAGE}/ruler").context["total"]

    assert (total.number, total.failed, total.p50, total.p95) == (21, 1, 10_000, 19_000)
    assert "measure 21 1 10.0 s 19.0 s 3.0 s" in words(rita, f"{PAGE}/ruler").replace("3 s", "3.0 s")
    assert "0 21 1 10.0 s 19.0 s" in words(rita)


def test_calls_of_operations_that_rest_or_ended_count_too(rita: Client) -> None:
    make_worker()
    long_ago = timezone.now() - timedelta(hours=3)
    for fields in (
        {"status": Status.ESCALATING},
        {"status": Status.COMPLETED, "ended_at": timezone.now()},
        {"status": Status.COMPLETED, "ended_at": long_ago},
    ):
        make_steps(make_operation(**fields), 1, ago=30)
    assert rita.get(f"{PAGE}/ruler").context["total"].number == 2


def test_the_page_shows_what_runs_at_this_moment(rita: Client) -> None:
    make_worker()
    operation = make_operation(status=Status.EXECUTING)
    make_steps(operation, 5, ago=0, status=StepStatus.RUNNING, finished_at=None, label="Broward")
    make_steps(make_operation(status=Status.CANCELLED), 5, status=StepStatus.RUNNING, finished_at=None, label="Lee")

    page = words(rita, f"{PAGE}/ruler")

    assert "E1 measure Broward" in page
    assert "Lee" not in page


def test_the_newest_errors_lead_to_their_steps(rita: Client) -> None:
    make_worker()
    operation = make_operation(status=Status.FAILED)
    for number in range(25):
        make_steps(operation, 1, ago=number, status=StepStatus.FAILED, error=f"trouble no. {number}.", attempts=4)

    page = rita.get(f"{PAGE}/ruler").content.decode()

    assert page.count("trouble no.") == 20
    assert "trouble no. 0." in page
    assert f"/console/operations/{operation.pk}/steps/E1" in page


def test_the_manifest_is_readable(rita: Client) -> None:
    make_worker()
    page = words(rita, f"{PAGE}/ruler")
    assert "Measure a county. All of it. Only reads May be repeated Expected to take 3" in page
    assert "county needed text" in page
    assert "years needed list of whole number" in page
    assert "deep yes or no else false" in page
    assert '"county": "…", "years": [ 1 ]' in page


def test_a_careless_or_hostile_manifest_does_no_harm(rita: Client) -> None:
    loop = {"$ref": "#/$defs/Loop"}
    hostile = {
        "name": "<script>alert(1)</script>",
        "description": "\u202eevil" * 2000,
        "expected_seconds": "<b>",
        "parameters": {
            "properties": {"a": loop, "b": {"type": ["null", 5]}, "c": 7, "d": {"enum": [None, "<i>"]}},
            "required": "a",
            "$defs": {
                "Loop": {"type": "object", "properties": {"again": loop, "more": {"items": loop}}, "anyOf": [loop]}
            },
        },
        "result": [],
    }
    make_worker(manifest={"version": "<u>", "actions": [hostile, "no action", {"nameless": 1}]})

    page = rita.get(f"{PAGE}/ruler").content.decode()

    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "\u202e" not in page
    assert "a.again.again" in page
    assert rita.get(PAGE).status_code == 200


def test_only_staff_are_told_where_a_worker_is(rita: Client, ada: Client) -> None:
    make_worker()
    assert CLOSED_PORT not in words(rita)
    assert CLOSED_PORT not in words(rita, f"{PAGE}/ruler")
    assert CLOSED_PORT in words(ada)
    assert CLOSED_PORT in words(ada, f"{PAGE}/ruler")


def test_an_unknown_worker_is_not_found(rita: Client, ada: Client) -> None:
    assert rita.get(f"{PAGE}/nobody").status_code == 404
    for verb in ("enable", "disable", "ask", "reset"):
        assert ada.post(f"{PAGE}/nobody/{verb}").status_code == 404


def test_strangers_sign_in_and_others_stay_out(client: Client, db: None) -> None:
    make_worker()
    assert client.get(PAGE).status_code == 302
    client.force_login(make_person())
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}/ruler/disable").status_code == 403


def test_an_administrator_switches_a_worker_off_and_on(ada: Client) -> None:
    make_worker()

    page = ada.post(f"{PAGE}/ruler/disable", follow=True).content.decode()
    assert "Switched off." in page
    assert not RegisteredWorker.objects.get().enabled

    ada.post(f"{PAGE}/ruler/enable")
    assert RegisteredWorker.objects.get().enabled
    entries = LogEntry.objects.order_by("pk").values_list("object_id", "change_message", "user__username")
    assert list(entries) == [("ruler", "Switched off", "ada"), ("ruler", "Switched on", "ada")]


def test_switching_what_is_switched_already_is_said_and_not_recorded(ada: Client) -> None:
    make_worker()
    page = ada.post(f"{PAGE}/ruler/enable", follow=True).content.decode()
    assert "The worker ruler is switched on already." in page
    assert not LogEntry.objects.exists()


def test_reviewers_switch_nothing_and_see_no_button_for_it(rita: Client) -> None:
    make_worker()
    for verb in ("enable", "disable", "ask"):
        assert rita.post(f"{PAGE}/ruler/{verb}").status_code == 403
    assert "Switch off" not in words(rita, f"{PAGE}/ruler")


def test_staff_with_the_right_to_change_workers_switch_them(client: Client, db: None) -> None:
    make_worker()
    person = make_auditor()
    person.user_permissions.add(Permission.objects.get(codename="change_registeredworker"))
    client.force_login(person)
    client.post(f"{PAGE}/ruler/disable")
    assert not RegisteredWorker.objects.get().enabled


def test_a_reviewer_closes_a_circuit_as_it_was_seen(rita: Client) -> None:
    make_worker(failures=7, open_until=timezone.now() + timedelta(minutes=1), away_since=timezone.now())
    assert "Close the circuit" in words(rita, f"{PAGE}/ruler")

    page = rita.post(f"{PAGE}/ruler/reset", {"failures": "6"}, follow=True).content.decode()
    assert "does not have 6 failed calls in a row any more" in page

    rita.post(f"{PAGE}/ruler/reset", {"failures": "7"})
    worker = RegisteredWorker.objects.get()
    assert (worker.failures, worker.open_until) == (0, None)
    assert LogEntry.objects.get().change_message == "Circuit closed after 7 failed calls"


@pytest.mark.parametrize("failures", ["", "x", "-1", "9" * 50])
def test_nonsense_closes_no_circuit(rita: Client, failures: str) -> None:
    make_worker(failures=7)
    assert rita.post(f"{PAGE}/ruler/reset", {"failures": failures}).status_code == 302
    assert RegisteredWorker.objects.get().failures == 7


def test_asking_a_worker_that_is_away_keeps_what_it_said_before(ada: Client) -> None:
    make_worker()
    page = ada.post(f"{PAGE}/ruler/ask", follow=True).content.decode()
    assert "ruler does not answer" in page
    worker = RegisteredWorker.objects.get()
    assert worker.healthy is False
    assert worker.manifest == MANIFEST


def test_the_pages_take_as_many_queries_for_much_as_for_little(
    rita: Client, django_assert_max_num_queries: Any
) -> None:
    def fill(name: str) -> None:
        make_worker(name)
        operation = make_operation(status=Status.EXECUTING)
        make_steps(operation, 1, 2, worker=name)
        make_steps(operation, 1, worker=name, status=StepStatus.FAILED, error="no")
        make_steps(operation, 1, worker=name, status=StepStatus.RUNNING, finished_at=None)

    fill("ruler")
    with django_assert_max_num_queries(16) as pages:
        rita.get(PAGE)
    with django_assert_max_num_queries(16) as one:
        rita.get(f"{PAGE}/ruler")
    for number in range(6):
        fill(f"worker_{number}")
    with django_assert_max_num_queries(len(pages)):
        rita.get(PAGE)
    with django_assert_max_num_queries(len(one)):
        rita.get(f"{PAGE}/ruler")


def test_the_parts_that_change_come_alone_for_htmx(rita: Client) -> None:
    make_worker()
    for address, name in ((PAGE, "workers"), (f"{PAGE}/ruler", "worker")):
        page = rita.get(address, headers={"HX-Request": "true"}).content.decode()
        assert f'id="{name}"' in page
        assert "<html" not in page
