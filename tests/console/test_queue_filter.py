"""Narrowing the queue: every filter is in the address, and what is typed wrongly is kept and explained."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from operations.states import Reason
from tests.console.test_queue import QUEUE, ids_shown, text
from tests.make import make_escalation, make_operation


def found(browser, **filters) -> list[str]:
    response = browser.get(f"{QUEUE}?{urlencode(filters)}")
    assert response.status_code == 200, text(response)
    return ids_shown(response)


def test_by_type_and_reason(rita):
    sync = make_escalation(make_operation(operation_type="entity_sync"))
    failed = make_escalation(reason=Reason.STEP_FAILED)

    assert found(rita, type="entity_sync") == [sync.pk]
    assert found(rita, reason="step_failed") == [failed.pk]
    assert found(rita, reason="step_failed", type="entity_sync") == []


def test_by_age(rita):
    now = timezone.now()
    old = make_escalation(created_at=now - timedelta(hours=5))
    young = make_escalation(created_at=now - timedelta(minutes=10))

    assert found(rita, older="4h") == [old.pk]
    assert found(rita, younger="30 min") == [young.pk]
    assert found(rita, older="5m", younger="2d") == [old.pk, young.pk]


def test_by_confidence(rita):
    low, middle = make_escalation(confidence_score=0.2), make_escalation(confidence_score=0.58)
    make_escalation(confidence_score=None)

    assert found(rita, most=58) == [low.pk, middle.pk]
    assert found(rita, least=58, most=58) == [middle.pk]
    assert found(rita, least=0, most=20) == [low.pk]


def test_by_whom_it_is_assigned_to(rita):
    mine, theirs = make_escalation(assigned_to="rita"), make_escalation(assigned_to="bob")
    nobodys = make_escalation()

    assert found(rita, assigned="me") == [mine.pk]
    assert found(rita, assigned="bob") == [theirs.pk]
    assert found(rita, assigned="nobody") == [nobodys.pk]


def test_by_who_is_at_it(rita):
    mine, theirs, left = make_escalation(), make_escalation(), make_escalation()
    free = make_escalation()
    mine.claim("rita")
    theirs.claim("bob")
    left.claim("bob")
    type(left).objects.filter(pk=left.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))

    assert found(rita, held="me") == [mine.pk]
    assert found(rita, held="bob") == [theirs.pk]
    assert found(rita, held="nobody") == [left.pk, free.pk]


def test_by_values_in_parameters_and_metadata(rita):
    broward = make_escalation(
        make_operation(parameters={"counties": ["Broward", "Duval"], "year": 2025, "deep": {"dry": True}})
    )
    other = make_escalation(make_operation(parameters={"counties": ["Lee"], "year": "2025"}, metadata={"team": "a b"}))

    assert found(rita, values="parameters.counties=Broward") == [broward.pk]
    assert found(rita, values="parameters.counties.0=Lee") == [other.pk]
    assert found(rita, values="parameters.year=2025") == [broward.pk, other.pk]
    assert found(rita, values='parameters.year="2025"') == [other.pk]
    assert found(rita, values="parameters.deep.dry=true") == [broward.pk]
    assert found(rita, values="parameters.deep=true") == []
    assert found(rita, values='metadata.team="a b"   parameters.year=2025') == [other.pk]
    assert found(rita, values="parameters.counties=Brow") == []


@pytest.mark.parametrize(
    "values",
    [
        "parameters.counties=' OR 1=1 --",
        "parameters.counties",
        "plan.steps=1",
        "parameters.a'b=1",
        'parameters.a")=1',
        "parameters.=1",
        "parameters.a__isnull=",
        'parameters.note="half',
        " ".join(f"parameters.a{n}=1" for n in range(11)),
    ],
)
def test_values_that_are_not_understood_are_kept_and_explained(rita, values):
    make_escalation()

    response = rita.get(f"{QUEUE}?{urlencode({'values': values, 'reason': 'low_confidence'})}")

    assert response.status_code == 422
    assert "parameters.name=value" in text(response) or "at most 10" in text(response)
    assert response.context["filters"].data["values"] == values
    assert '<option value="low_confidence" selected>' in text(response)
    assert "Mend the filters" in text(response)


@pytest.mark.parametrize("name", ["contains", "isnull", "year", "in", "a__b", "has_key"])
def test_names_that_look_like_lookups_are_names(rita, name):
    escalation = make_escalation(make_operation(parameters={name: "here"}))
    make_escalation()

    assert found(rita, values=f"parameters.{name}=here") == [escalation.pk]
    assert found(rita, values=f"parameters.{name}=true") == []


@pytest.mark.parametrize("hostile", ["%s", "%", "100%", "'", "\\", "\\u0000", "é", "\u202e", ";", "$.a"])
def test_hostile_values_are_values(rita, hostile):
    escalation = make_escalation(make_operation(metadata={"x": hostile}))

    assert found(rita, values=f'metadata.x="{hostile}"') == [escalation.pk]


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"older": "yesterday"}, "Write 30m, 4h or 2d."),
        ({"least": "much"}, "Write a whole number from 0 to 100."),
        ({"most": "101"}, "Write a whole number from 0 to 100."),
        ({"least": "80", "most": "20"}, "Exchange the two."),
        ({"type": "poem"}, "Choose one of the list, or all."),
        ({"group": "colour"}, "Write group=cause."),
    ],
)
def test_what_is_typed_wrongly_is_kept_and_says_how_to_mend_it(rita, filters, words):
    response = rita.get(f"{QUEUE}?{urlencode(filters)}")

    assert response.status_code == 422
    assert words in text(response)
    assert all(f'value="{value}"' in text(response) for name, value in filters.items() if name not in ("type", "group"))


def test_each_filter_that_is_set_can_be_taken_off(rita):
    make_escalation()

    page = text(rita.get(f"{QUEUE}?reason=low_confidence&older=4h&order=newest"))

    assert 'href="?reason=low_confidence&amp;order=newest"' in page
    assert 'href="?older=4h&amp;order=newest"' in page
    assert "Nothing matches." in page
    assert "Clear the filters" in page


def test_paging_and_live_news_stay_within_the_view(rita):
    for _ in range(51):
        make_escalation(assigned_to="rita")
    make_escalation(assigned_to="bob")

    page = text(rita.get(f"{QUEUE}?assigned=me"))

    assert "assigned=me&amp;after=" in page
    assert "/console/escalations/news?assigned=me&amp;since=" in page
