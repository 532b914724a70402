"""The dashboard: its figures are those of the rows, however many there are."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from operations.models import Operation, Step
from operations.states import MOVING, OperationType, Planner, Status, StepStatus
from tests.make import make_auditor, make_escalation, make_operation, make_person
from workers.models import RegisteredWorker

PAGE = "/console/"


def ended(status: Status = Status.COMPLETED, *, ago: timedelta = timedelta(0), **fields: Any) -> Operation:
    """An operation that ended so long ago."""
    end = timezone.now() - ago
    took = fields.pop("took", timedelta(seconds=2))
    given = {"operation_type": "data_pipeline", "wake_at": None, "created_at": end - took, "ended_at": end, **fields}
    return Operation.objects.create(status=status, **given)


def figures(browser: Client, address: str = PAGE) -> dict[str, Any]:
    page: Any = browser.get(address)
    return page.context


def words(browser: Client, address: str = PAGE) -> str:
    text = re.sub(r"<[^>]+>", " ", browser.get(address).content.decode())
    return " ".join(text.split())


def chart(browser: Client, name: str, address: str = PAGE) -> Any:
    return next(each for each in figures(browser, address)["charts"] if each.name == name)


def test_a_new_installation_says_what_to_do_first(rita: Client) -> None:
    page = words(rita)
    assert "Nothing has run here yet" in page
    assert "create_api_key" in page
    assert "No worker is registered" in page
    assert 'href="/console/operations/new">Start the first operation</a>' in rita.get(PAGE).content.decode()


def test_once_something_runs_nobody_is_told_how_to_begin(rita: Client) -> None:
    make_operation()
    assert "Nothing has run here yet" not in words(rita)


def test_strangers_sign_in_and_others_stay_out(client: Client, db: None) -> None:
    assert client.get(PAGE)["Location"] == "/console/login?next=/console/"
    client.force_login(make_person())
    assert client.get(PAGE).status_code == 403


def test_auditors_may_look(client: Client, db: None) -> None:
    client.force_login(make_auditor())
    assert client.get(PAGE).status_code == 200


def test_the_brand_leads_here_and_is_marked(rita: Client) -> None:
    page = " ".join(rita.get(PAGE).content.decode().split())
    assert '<a class="brand" href="/console/" aria-current="page"' in page
    assert "/console/workers" in page


def test_what_moves_is_counted_by_phase_and_the_longest_shown_with_their_steps(rita: Client) -> None:
    now = timezone.now()
    moving = [
        Operation.objects.create(operation_type="custom", status=status, created_at=now - timedelta(hours=hours))
        for hours, status in enumerate([*sorted(MOVING)] * 2)
    ]
    longest = moving[-1]
    for number, status in enumerate((StepStatus.COMPLETED, StepStatus.SKIPPED, StepStatus.RUNNING)):
        Step.objects.create(
            operation=longest, step_id=f"E{number}", position=number, worker="w", action="a", status=status
        )

    found = figures(rita)["under_way"]

    assert found["number"] == 6
    assert dict(found["phases"]) == {"Planning": 2, "Executing": 2, "Validating": 2}
    assert [operation.pk for operation, _ in found["longest"]] == [each.pk for each in reversed(moving)][:5]
    assert "2 of 3" in words(rita)


def test_questions_are_counted_by_their_age(rita: Client) -> None:
    now = timezone.now()
    operation = make_operation(status=Status.ESCALATING)
    for hours in (0, 0.5, 2, 2.5, 5, 30, 100):
        make_escalation(operation, created_at=now - timedelta(hours=hours))

    found = figures(rita)["waiting"]

    assert found["number"] == 7
    assert found["ages"] == [1, 1, 2, 1, 1, 1]
    assert "the oldest came 4 d ago" in words(rita)


def test_what_ended_is_counted_by_hour_day_and_outcome(rita: Client) -> None:
    ended()
    ended(Status.FAILED)
    ended(Status.REJECTED, ago=timedelta(hours=3))
    ended(Status.CANCELLED, ago=timedelta(days=3))
    ended(ago=timedelta(days=20))

    hours, days = chart(rita, "hours"), chart(rita, "days")

    assert [(series.name, series.total) for series in hours.series] == [
        ("Completed", 1),
        ("Rejected", 1),
        ("Failed", 1),
        ("Cancelled", 0),
    ]
    assert hours.rows[-4][1] == [0, 1, 0, 0]
    assert len(days.rows) == 14
    assert sum(series.total for series in days.series) == 4
    month = chart(rita, "days", f"{PAGE}?period=30d")
    assert len(month.rows) == 30
    assert sum(series.total for series in month.series) == 5


@pytest.mark.parametrize(("period", "number"), [("24h", 1), ("7d", 2), ("30d", 3)])
def test_the_period_is_in_the_address(rita: Client, period: str, number: int) -> None:
    ended()
    ended(ago=timedelta(days=3))
    ended(ago=timedelta(days=20))
    ended(ago=timedelta(days=40))
    assert figures(rita, f"{PAGE}?period={period}")["ended"]["number"] == number


def test_there_is_no_other_period(rita: Client) -> None:
    assert rita.get(f"{PAGE}?period=99y").status_code == 404


def test_confidence_is_counted_in_bands_with_the_threshold_marked(rita: Client) -> None:
    for score in (0.0, 0.04, 0.05, 0.71, 1.0, None):
        ended(confidence_score=score)

    found = chart(rita, "confidence")

    values = found.series[0].values
    assert (values[0], values[1], values[14], values[19], sum(values)) == (2, 1, 1, 1, 5)
    assert found.mark.text == "a person below 70 %"
    assert found.mark.x == pytest.approx(found.left + 0.7 * (found.right - found.left))


def test_only_operations_that_a_model_is_for_are_held_against_the_baseline(rita: Client) -> None:
    ended(plan_source=Planner.RULES)
    ended(plan_source=Planner.REWOO, token_usage=3_000, cost_usd=Decimal("0.03"))
    ended(plan_source=Planner.CACHE)
    ended(Status.FAILED, plan_source=Planner.REWOO, token_usage=2_000, cost_usd=Decimal("0.02"))

    found = figures(rita)["savings"]

    assert (found.operations, found.completed, found.tokens) == (3, 2, 5_000)
    assert found.saved == 2 * 45_000 - 5_000
    assert found.saved_usd == pytest.approx(Decimal("0.85"))
    assert found.hit_rate == pytest.approx(1 / 3)
    assert "1 of 3 that a model was for" in words(rita)


def test_an_unknown_cost_is_not_nothing(rita: Client) -> None:
    ended(plan_source=Planner.REWOO, token_usage=50_000, cost_usd=None)
    found = figures(rita)["savings"]
    assert found.cost is None
    assert found.saved_usd is None
    assert "cost unknown · above the baseline" in words(rita)


def test_durations_are_those_of_what_completed_without_a_person(rita: Client) -> None:
    for seconds in range(1, 101):
        ended(took=timedelta(seconds=seconds))
    make_escalation(ended(took=timedelta(hours=5)))
    ended(Status.FAILED, took=timedelta(hours=9))

    [row] = figures(rita)["durations"]

    assert (row["number"], row["p50"], row["p95"]) == (100, 50_000, 95_000)


def test_the_queue_says_how_long_the_first_has_been_waiting(rita: Client) -> None:
    now = timezone.now()
    for due in (now - timedelta(seconds=90), now - timedelta(seconds=10), now + timedelta(hours=1)):
        Operation.objects.create(operation_type="custom", wake_at=due)
    assert figures(rita)["ready"]["number"] == 2
    assert "the first since 1 min 3" in words(rita)


def test_the_workers_are_told_in_words(rita: Client) -> None:
    RegisteredWorker.objects.create(name="well", url="http://w", healthy=True)
    RegisteredWorker.objects.create(name="away", url="http://w", healthy=False)
    RegisteredWorker.objects.create(name="off", url="http://w", enabled=False)
    soon = timezone.now() + timedelta(minutes=1)
    RegisteredWorker.objects.create(name="tripped", url="http://w", healthy=True, failures=5, open_until=soon)
    page = words(rita)
    assert "well Healthy" in page
    assert "away Does not answer" in page
    assert "off Switched off" in page
    assert "tripped Paused" in page


def test_the_page_takes_as_many_queries_for_much_as_for_little(
    rita: Client, django_assert_max_num_queries: Any
) -> None:
    for kind in OperationType:
        for _ in range(5):
            ended(operation_type=kind, confidence_score=0.5)
            make_escalation()
            make_operation(operation_type=kind, parameters={})
    with django_assert_max_num_queries(25) as first:
        rita.get(PAGE)
    for _ in range(30):
        ended(confidence_score=0.9)
        make_escalation()
        make_operation()

    with django_assert_max_num_queries(len(first)):
        rita.get(PAGE)


def test_the_parts_that_change_come_alone_for_htmx(rita: Client) -> None:
    ended()
    page = rita.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert page.strip().startswith("<section")
    assert 'id="dashboard"' in page
    assert "<html" not in page


def test_no_picture_depends_on_scripts_or_styles(rita: Client) -> None:
    ended()
    ended(Status.FAILED)
    page = rita.get(PAGE).content.decode()
    assert " style=" not in page
    assert 'role="img"' in page
    assert "Show as table" in page
    assert 'fill="url(#stripes)"' in page


def test_hours_are_those_of_utc(rita: Client) -> None:
    moment = timezone.now().replace(minute=59, second=57, microsecond=0) - timedelta(hours=2)
    ended(ago=timezone.now() - moment)
    hours = chart(rita, "hours")
    assert dict(hours.rows)[f"{moment.astimezone(UTC):%H:00}"] == [1, 0, 0, 0]
    assert datetime.now(UTC).strftime("%H:00") == hours.rows[-1][0]
