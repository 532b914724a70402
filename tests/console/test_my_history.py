"""My history and my pace: what somebody decided, what became of it, and how quickly."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalations.models import Decision, Escalation
from operations.states import Reason, Status
from tests.make import make_escalation, make_operation, make_person

pytestmark = pytest.mark.django_db
MINE = "/console/mine"
TUESDAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
numbers = count(1)


@pytest.fixture(autouse=True)
def _on_a_tuesday():
    with time_machine.travel(TUESDAY, tick=False):
        yield


def make_decision(escalation: Escalation | None = None, *, days: float = 0, **fields: Any) -> Decision:
    """Rita's, of so many days ago."""
    moment = TUESDAY - timedelta(days=days)
    escalation = escalation or make_escalation(status=Escalation.Status.DECIDED, created_at=moment)
    given = {"decision": "approve", "decided_by": "rita", "created_at": moment, "applied_at": moment} | fields
    return Decision.objects.create(escalation=escalation, decision_id=f"d-{next(numbers)}", **given)


def words(response: Any) -> str:
    """The text of a page."""
    assert response.status_code == 200
    page = re.sub(r"<head>.*?</head>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def shown(response: Any) -> list[str]:
    return re.findall(r'class="row-link" href="/console/escalations/([^"]+)"', response.content.decode())


def test_my_decisions_are_shown_newest_first_and_no_one_elses(rita, bob):
    old, new = make_decision(days=3), make_decision()
    make_decision(decided_by="bob")

    assert shown(rita.get(MINE)) == [new.escalation_id, old.escalation_id]
    assert len(shown(bob.get(MINE))) == 1
    assert f'href="{MINE}"' in rita.get("/console/operations").content.decode()


def test_a_decision_shows_what_became_of_its_operation(rita):
    completed = make_escalation(make_operation(status=Status.COMPLETED))
    make_decision(completed, reason="looked at the rows")

    page = words(rita.get(MINE))

    assert "Approve : low confidence looked at the rows" in page
    assert f"{completed.operation_id} Completed" in page


def test_what_was_taken_back_is_marked_and_does_not_count(rita):
    make_decision(undone_at=TUESDAY, undone_by="rita")
    make_decision(undone_at=TUESDAY, undone_by="bob")

    page = words(rita.get(MINE))

    assert page.count("taken back") == 3  # once in the words at the top
    assert "taken back by bob" in page
    assert "Decisions today 0" in page


def test_kind_and_day_narrow_the_list(rita):
    make_decision(days=0.5)  # midnight belongs to the day that begins
    retried = make_decision(days=1, decision="retry")
    yesterday = make_decision(days=0.6)

    assert shown(rita.get(MINE, {"kind": "retry"})) == [retried.escalation_id]
    assert shown(rita.get(MINE, {"day": "2026-11-23"})) == [yesterday.escalation_id, retried.escalation_id]
    assert shown(rita.get(MINE, {"day": "2026-11-23", "kind": "approve"})) == [yesterday.escalation_id]
    assert len(shown(rita.get(MINE, {"day": "", "kind": ""}))) == 3
    assert "No decisions of this kind or day." in words(rita.get(MINE, {"kind": "reject"}))


@pytest.mark.parametrize(
    "query", ["kind=praise", "day=soon", "day=2026-13-01", "day=9999-12-31", "after=x", "after=20261124T000000.0~x"]
)
def test_what_is_no_filter_leads_nowhere(rita, query):
    assert rita.get(f"{MINE}?{query}").status_code == 404


def test_my_pace_counts_days_from_midnight_and_weeks_from_monday(rita):
    for days in (0, 0.4, 0.6, 1.4, 1.6, 13, 14):  # Tuesday twice, Monday twice, Sunday, two weeks ago
        make_decision(days=days)
    make_decision(decided_by="bob")

    page = words(rita.get(MINE))

    assert "Decisions today 2" in page
    assert "This week, since Monday 4" in page
    assert re.search(r"Nov 11 1\b", page)
    assert re.search(r"Nov 22 1 Nov 23 2 Nov 24 2\b", page)
    assert "Nov 10" not in page


def test_the_time_from_claim_to_decision_is_a_median_of_what_was_decided_alone(rita):
    for seconds in (10, 90, 3000):
        make_decision(claimed_at=TUESDAY - timedelta(seconds=seconds))
    make_decision()
    make_decision(batch="group", claimed_at=TUESDAY - timedelta(seconds=1))
    make_decision(undone_at=TUESDAY, claimed_at=TUESDAY - timedelta(seconds=1))

    assert "From claim to decision 1 min 30 s the median of 3 in 14 days" in words(rita.get(MINE))


def test_a_decision_that_was_followed_by_another_question_says_so(rita):
    asked_again = make_decision(make_escalation(status=Escalation.Status.DECIDED), days=1)
    make_escalation(asked_again.escalation.operation, reason=Reason.RULE_FAILED, created_at=TUESDAY)
    make_decision()

    page = words(rita.get(MINE))

    assert "Asked again afterwards 1 of 2" in page
    assert page.count("asked again afterwards") == 1


def test_without_decisions_the_page_says_so(rita):
    page = words(rita.get(MINE))

    assert "No decisions." in page
    assert "From claim to decision not known" in page
    assert "Asked again afterwards 0 of 0" in page


def test_the_page_takes_as_many_queries_however_much_was_decided(rita):
    taken = []
    for _ in range(3):
        for at in range(25):
            make_decision(days=at / 10, claimed_at=TUESDAY - timedelta(days=4))
        with CaptureQueriesContext(connection) as queries:
            answer = rita.get(MINE)
        taken.append(len(queries))

    assert taken[1] == taken[2] < 20
    large = ("findings", "parameters", '"edits"')
    assert not [query for query in queries if any(name in query["sql"] for name in large)]
    assert len(shown(answer)) == 50
    [after] = re.findall(r'href="(\?after=[^"]+)"', answer.content.decode())
    assert len(shown(rita.get(MINE + after))) == 25


def test_hostile_words_are_shown_harmlessly(rita):
    hostile = "<script>alert(1)</script>\u202egnirts"
    make_decision(reason=hostile, undone_at=TUESDAY, undone_by=hostile)

    page = rita.get(MINE).content.decode()

    assert "<script>alert" not in page
    assert "alert(1)" in page


def test_the_page_is_for_those_who_may_look(db):
    stranger = Client()
    stranger.force_login(make_person())

    assert stranger.get(MINE).status_code == 403
    assert Client().get(MINE)["Location"] == f"/console/login?next={MINE}"
