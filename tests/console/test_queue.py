"""The review queue, and who may see it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalations.models import Escalation
from operations.models import Operation
from operations.states import Reason, Status
from tests.make import make_auditor, make_escalation, make_operation, make_person, make_reviewer

QUEUE = "/console/escalations"


def text(response) -> str:
    return response.content.decode()


def ids_shown(response) -> list[str]:
    return re.findall(r'href="/console/escalations/([^"?]+)', text(response))


def test_of_like_questions_the_oldest_comes_first(rita):
    now = timezone.now()
    young = make_escalation(created_at=now)
    old = make_escalation(created_at=now - timedelta(hours=3))

    response = rita.get(QUEUE)

    assert ids_shown(response) == [old.pk, young.pk]
    assert "3 h" in text(response)


def test_the_count_stands_in_the_title_and_the_navigation(rita):
    make_escalation()
    make_escalation()

    page = text(rita.get(QUEUE))

    assert re.search(r"<title>\s*\(2\)\s", page)
    assert re.search(r'data-count="escalations"[^>]*>2<', page)


def test_an_empty_queue_says_so(rita):
    assert "Nothing waits for you." in text(rita.get(QUEUE))


def test_answered_questions_are_not_in_the_queue(rita):
    make_escalation(status=Escalation.Status.DECIDED)
    make_escalation(status=Escalation.Status.WITHDRAWN)

    assert ids_shown(rita.get(QUEUE)) == []


def test_a_long_queue_comes_in_pages_that_lose_and_repeat_nothing(rita):
    same_moment = timezone.now()
    made = sorted(make_escalation(created_at=same_moment).pk for _ in range(53))

    first = rita.get(QUEUE)
    [after] = re.findall(r'href="\?after=([^"]+)">More', text(first))
    second = rita.get(f"{QUEUE}?after={after}")

    assert ids_shown(first) + ids_shown(second) == made
    assert "More</a>" not in text(second)


def test_a_cursor_that_no_page_gave_out_is_not_found(rita):
    assert rita.get(f"{QUEUE}?after=yesterday").status_code == 404


def make_many(number: int) -> None:
    """Open questions, each about an operation of its own, of seven causes."""
    now = timezone.now()
    operations = Operation.objects.bulk_create(
        Operation(
            operation_type="data_pipeline", status=Status.ESCALATING, parameters={"counties": ["Broward"], "n": n}
        )
        for n in range(number)
    )
    Escalation.objects.bulk_create(
        Escalation(
            operation=operation,
            reason=Reason.RULE_FAILED,
            message=f"rows_read should be at least 1000, but is {number}. " * 5,
            cause=f"A validation rule failed: rule {number % 7}",
            confidence_score=0.5,
            uncertainty=0.5,
            rank=float(number),
            created_at=now - timedelta(seconds=number),
        )
        for number, operation in enumerate(operations)
    )


VIEWS = ["", "?group=cause", "?order=unsure&reason=rule_failed&values=parameters.counties%3DBroward"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_queries_do_not_grow_with_the_queue(rita, view):
    counted = []
    for number in (30, 2970):
        make_many(number)
        with CaptureQueriesContext(connection) as queries:
            assert rita.get(QUEUE + view).status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 14


@pytest.mark.parametrize("view", VIEWS)
def test_a_long_queue_is_a_small_page(rita, view):
    make_many(300)

    response = rita.get(QUEUE + view)

    assert text(response).count("<tr>") > 5
    assert len(response.content) < 100_000


@pytest.mark.parametrize("view", ["", "?group=cause"])
def test_the_longest_and_most_hostile_texts_make_no_large_page(rita, view):
    for number in range(60):
        make_escalation(
            message="<\u202e" * 5_000,
            cause=f"{number:03}{'<' * 197}",
            confidence_score=0.123,
            assigned_to='"' * 150,
            claimed_by="&" * 150,
            claimed_until=timezone.now() + timedelta(minutes=1),
        )

    response = rita.get(QUEUE + view)

    assert len(ids_shown(response)) or "causes" in text(response)
    assert len(response.content) < 100_000


def test_htmx_gets_the_list_alone(rita):
    escalation = make_escalation()

    fragment = rita.get(QUEUE, headers={"HX-Request": "true"})

    assert ids_shown(fragment) == [escalation.pk]
    assert "<html" not in text(fragment)


@pytest.mark.parametrize("address", [QUEUE, "/console/operations"])
def test_a_stranger_is_asked_to_sign_in(db, address):
    response = Client().get(address)

    assert response.status_code == 302
    assert response["Location"] == f"/console/login?next={address}"


def test_a_page_whose_person_signed_out_is_told_so_and_gets_no_login_form(db):
    response = Client().get(QUEUE, headers={"HX-Request": "true"})

    assert response.status_code == 401
    assert not response.content


def test_a_person_without_a_part_in_it_is_refused(client, db):
    client.force_login(make_person("charlie"))

    response = client.get(QUEUE)

    assert response.status_code == 403
    assert "This is not for you" in text(response)


def test_auditors_may_look_but_are_offered_nothing_to_do(client, db):
    client.force_login(make_auditor("sam"))
    escalation = make_escalation()

    assert ids_shown(client.get(QUEUE)) == [escalation.pk]
    page = client.get(f"{QUEUE}/{escalation.pk}")
    assert 'name="decision"' not in text(page)
    assert client.post(f"{QUEUE}/{escalation.pk}/decide", {"decision": "approve"}).status_code == 403


def test_signing_in_leads_to_the_queue_and_signing_out_ends_it(client, db):
    reviewer = make_reviewer("rita")
    reviewer.set_password("a-long-pass-phrase")
    reviewer.save()

    response = client.post("/console/login", {"username": "rita", "password": "a-long-pass-phrase"}, follow=True)
    assert response.redirect_chain == [(QUEUE, 302)]

    client.post("/console/logout")
    assert client.get(QUEUE).status_code == 302


def test_a_wrong_password_is_told_in_words(client, db):
    make_reviewer("rita")

    response = client.post("/console/login", {"username": "rita", "password": "wrong"})

    assert "do not go together" in text(response)


def test_the_pages_allow_no_script_but_our_own(rita):
    response = rita.get(QUEUE)

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", text(response))


def test_the_list_of_operations_is_narrowed_by_state(rita):
    failed = make_operation(status=Status.FAILED)
    make_operation(status=Status.COMPLETED)

    page = text(rita.get("/console/operations?status=failed"))

    assert re.findall(r'href="/console/operations/(op-[^"]+)"', page) == [failed.pk]
    assert rita.get("/console/operations?status=lost").status_code == 404


def test_what_is_not_there_is_not_found(rita):
    for address in (f"{QUEUE}/esc-0", "/console/operations/op-0"):
        assert rita.get(address).status_code == 404
