"""The list of operations: what narrows it, what it tells of each, and what it costs."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from operations import acts
from operations.models import Operation
from operations.states import Status, StepStatus
from tests.make import COUNTIES, make_key, make_operation, make_reviewer

LIST = "/console/operations"


def ids_shown(response: Any) -> list[str]:
    return re.findall(r'href="/console/operations/(op-[^"]+)"', response.content.decode())


def words(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def make_running(steps: int = 4, done: int = 1) -> Operation:
    operation = make_operation()
    operation.move_to(Status.EXECUTING)
    for number in range(steps):
        status = StepStatus.COMPLETED if number < done else StepStatus.RUNNING if number == done else StepStatus.PENDING
        operation.steps.create(
            step_id=f"E{number + 1}",
            position=number,
            worker="florida_data",
            action="upload",
            label="Duval NAL" if status == StepStatus.RUNNING else "",
            status=status,
        )
    return operation


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("type=custom", {"operation_type": "custom", "parameters": {"steps": []}}),
        ("priority=8", {"priority": 9}),
        ("status=failed", {"status": Status.FAILED}),
        ("confidence=0.7", {"confidence_score": 0.41}),
        ("q=metadata.ticket=4711", {"metadata": {"ticket": 4711}}),
        ("q=metadata.ticket=4711", {"metadata": {"ticket": "4711"}}),
        ("q=metadata.rush=true", {"metadata": {"rush": True}}),
        ('q=metadata.note="two words"', {"metadata": {"note": "two words"}}),
        ("q=metadata.a.b=c", {"metadata": {"a": {"b": "c"}}}),
        ("q=parameters.counties=Duval", {"parameters": {"counties": ["Broward", "Duval"]}}),
        ("q=parameters.counties=all parameters.year=2025", {"parameters": {"counties": "all", "year": 2025}}),
    ],
)
def test_a_filter_shows_what_fits_and_nothing_else(rita: Client, query: str, fields: dict[str, Any]) -> None:
    make_operation(metadata={"ticket": 47110, "note": "two"}, parameters={"counties": ["Duvall"]}, confidence_score=0.9)
    fitting = make_operation(**fields)

    assert ids_shown(rita.get(f"{LIST}?{query}")) == [fitting.pk]


def test_a_part_of_an_id_finds_the_operation(rita: Client) -> None:
    make_operation()
    wanted = make_operation()

    assert ids_shown(rita.get(LIST, {"q": wanted.pk[-8:]})) == [wanted.pk]


def test_since_looks_back_from_now(rita: Client) -> None:
    old = make_operation()
    Operation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=30))
    new = make_operation()

    assert ids_shown(rita.get(f"{LIST}?since=24h")) == [new.pk]
    assert ids_shown(rita.get(f"{LIST}?since=7d")) == [new.pk, old.pk]


def test_from_is_a_client_or_a_person(rita: Client) -> None:
    key, _ = make_key(name="nightly")
    by_key = make_operation(key)
    fields = {"operation_type": "data_pipeline", "parameters": COUNTIES}
    by_rita, _ = acts.submit(fields, None, actor="rita")
    make_operation()

    assert ids_shown(rita.get(f"{LIST}?from=nightly")) == [by_key.pk]
    assert ids_shown(rita.get(f"{LIST}?from=rita")) == [by_rita.pk]
    page = words(rita.get(LIST))
    assert "nightly" in page
    assert "nobody named" in page


def test_each_state_is_a_tab_with_its_number_among_what_is_asked_for(rita: Client) -> None:
    for status in (Status.FAILED, Status.FAILED, Status.COMPLETED):
        make_operation(status=status)
    make_operation(status=Status.FAILED, priority=9)

    assert "All 4 " in words(rita.get(LIST))
    page = rita.get(f"{LIST}?priority=8&status=completed")
    assert "All 1 Planning 0" in words(page)
    assert "Failed 1" in words(page)
    assert 'href="?priority=8&amp;status=failed"' in page.content.decode()
    assert "No operations of this kind." in words(page)


@pytest.mark.parametrize("query", ["status=lost", "type=magic", "since=always", "priority=many", "confidence=0.1"])
def test_what_no_filter_offers_is_not_found(rita: Client, query: str) -> None:
    assert rita.get(f"{LIST}?{query}").status_code == 404


def test_a_search_for_nonsense_finds_nothing_and_breaks_nothing(rita: Client) -> None:
    make_operation(metadata={"a": 1})

    for text in ("metadata.=1", "metadata.a__contains=1", "metadata.a'=1", "metadata.0.1=1", "\0", "%_", "=" * 5000):
        response = rita.get(LIST, {"q": text})
        assert response.status_code == 200
    assert ids_shown(rita.get(LIST, {"q": "metadata.a__contains=1"})) == []


def test_a_running_operation_tells_how_far_it_is_and_what_it_does(rita: Client) -> None:
    make_running()

    page = rita.get(LIST)

    assert "1 of 4 steps upload Duval NAL" in words(page)
    assert re.search(r'<progress max="4" value="1"', page.content.decode())


def test_tokens_and_cost_stand_in_the_list(rita: Client) -> None:
    make_operation(token_usage=12_345, cost_usd="0.0312")

    assert "12,345 $0.0312" in words(rita.get(LIST))


def test_the_number_of_queries_does_not_grow_and_large_columns_stay_away(
    rita: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        make_running(steps=6)
    with django_assert_max_num_queries(13) as done:
        page = rita.get(f"{LIST}?q=op-")

    assert len(ids_shown(page)) == 20
    columns = " ".join(query["sql"].partition(" FROM ")[0] for query in done.captured_queries)
    for name in ("parameters", "metadata", "plan", "result", "arguments", "confidence", "evidence"):
        assert f'"{name}"' not in columns


def test_the_next_page_keeps_the_filters(rita: Client) -> None:
    for _ in range(52):
        make_operation(priority=9)

    page = rita.get(f"{LIST}?priority=8")
    [more] = re.findall(r'href="\?([^"]+)">More', page.content.decode())

    assert len(ids_shown(page)) == 50
    assert len(ids_shown(rita.get(f"{LIST}?{html.unescape(more)}"))) == 2


def test_names_of_anybody_are_harmless_in_the_list(rita: Client) -> None:
    make_key(name="<script>alert(1)</script>\u202e")
    make_reviewer("eve")
    acts.submit({"operation_type": "data_pipeline", "parameters": COUNTIES}, None, actor="<img src=x>\u202e")

    page = rita.get(LIST, {"from": '"><script>', "q": '"><script>'}).content.decode()
    assert "<script>alert" not in page
    assert '"><script>' not in page
    assert "<img src=x>" not in rita.get(LIST).content.decode()
