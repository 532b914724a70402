"""Notices: the bell, their page, and what a browser is told for its notifications."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalations.deciding import claims
from escalations.models import Escalation, Notice
from escalations.talk import notices, talk
from tests.make import make_escalation, make_person

pytestmark = pytest.mark.django_db
NOTICES = "/console/notices"
NEWS = f"{NOTICES}/news"


def text(response) -> str:
    return response.content.decode()


def bell(page: str) -> int:
    return int(re.findall(r'data-count="notices">(\d+)<', page)[0])


def call(escalation: Escalation, person: str = "bob", by: str = "rita") -> None:
    talk.comment(escalation, by, f"@{person}, look")


def ms(moment) -> int:
    return round(moment.timestamp() * 1000)


def test_the_bell_counts_what_one_has_not_read_and_no_one_elses(rita, bob):
    call(make_escalation())
    call(make_escalation())

    assert bell(text(bob.get("/console/operations"))) == 2
    assert bell(text(rita.get("/console/operations"))) == 0


def test_reading_the_escalation_reads_its_notices(bob, rita):
    first, second = make_escalation(), make_escalation()
    call(first)
    call(second)
    talk.assign(first, "bob", by="rita")

    rita.get(f"/console/escalations/{first.pk}")
    assert notices.unread("bob") == 3
    page = text(bob.get(f"/console/escalations/{first.pk}"))

    assert bell(page) == 1
    assert Notice.objects.get(read_at=None).escalation == second


def test_a_page_that_refreshes_itself_reads_nothing(bob):
    escalation = make_escalation()
    call(escalation)

    bob.get(f"/console/escalations/{escalation.pk}", headers={"HX-Request": "true"})

    assert notices.unread("bob") == 1


def test_the_page_lists_ones_own_newest_first_and_marks_the_unread(bob, rita):
    old, new = make_escalation(), make_escalation()
    call(old)
    notices.read("bob")
    talk.assign(new, "bob", by="rita")
    call(new, "rita", by="bob")

    page = text(bob.get(NOTICES))

    assert re.findall(r'class="row-link" href="/console/escalations/([^"#]+)#talk"', page) == [new.pk, old.pk]
    assert page.count('<span class="tag">unread</span>') == 1
    assert "asked you to decide" in page
    assert "1 unread" in page


def test_all_can_be_marked_as_read(bob, rita):
    call(make_escalation())
    call(make_escalation())
    call(make_escalation(), "rita", by="bob")

    answer = bob.post(f"{NOTICES}/read", follow=True)

    assert "2 marked as read." in text(answer)
    assert (notices.unread("bob"), notices.unread("rita")) == (0, 1)
    assert 'id="read-all"' not in text(answer)
    assert bob.get(f"{NOTICES}/read").status_code == 405


def test_without_notices_the_page_says_what_would_come(rita):
    assert "Nobody has called you." in text(rita.get(NOTICES))


def test_the_list_comes_in_pages_of_a_constant_number_of_queries(bob):
    escalation, now = make_escalation(), timezone.now()
    taken = []
    for number in range(3):
        Notice.objects.bulk_create(
            Notice(person="bob", kind="mention", escalation=escalation, actor=f"a{number}-{at}.", created_at=now)
            for at in range(25)
        )
        with CaptureQueriesContext(connection) as queries:
            page = text(bob.get(NOTICES))
        taken.append(len(queries))

    assert taken[1] == taken[2] < 15
    assert not any("findings" in query["sql"] or "parameters" in query["sql"] for query in queries)
    assert page.count("row-link") == 50
    [after] = re.findall(r'href="(\?after=[^"]+)"', page)
    assert text(bob.get(NOTICES + after.replace("&amp;", "&"))).count("row-link") == 25
    assert bob.get(f"{NOTICES}?after=x~y").status_code == 404
    assert bob.get(f"{NOTICES}?after=20261124T000000.000000~y").status_code == 404


def test_the_page_is_for_those_who_may_look(db):
    stranger = Client()
    stranger.force_login(make_person())

    assert stranger.get(NOTICES).status_code == 403
    assert Client().get(NOTICES)["Location"].startswith("/console/login")
    assert Client().post(f"{NOTICES}/read")["Location"] == f"/console/login?next={NOTICES}"


def test_a_browser_is_told_who_did_what_and_why_it_waits_and_nothing_else(bob):
    before = timezone.now() - timedelta(seconds=1)
    escalation = make_escalation(message="Jane Doe, 1 Main St, owns two of it")
    talk.comment(escalation, "rita", "@bob, Jane Doe again")

    told = bob.get(NEWS, {"since": ms(before)}).json()

    address = f"/console/escalations/{escalation.pk}"
    label = escalation.get_reason_display()
    assert [{key: item[key] for key in ("kind", "title", "body", "url")} for item in told["news"]] == [
        {"kind": "notice", "title": "rita mentioned you", "body": label, "url": address},
        {"kind": "question", "title": "A new question waits", "body": label, "url": address},
    ]
    assert abs(told["until"] - ms(timezone.now())) < 60_000


def test_a_browser_is_told_of_nothing_old_read_or_decided(bob, rita):
    now = timezone.now()
    read, decided = make_escalation(), make_escalation(status=Escalation.Status.DECIDED)
    Escalation.objects.filter(pk=read.pk).update(created_at=now - timedelta(minutes=5))
    call(read)
    call(decided, "rita", by="bob")
    notices.read("bob")

    assert bob.get(NEWS, {"since": ms(now - timedelta(minutes=1))}).json()["news"] == []
    assert len(bob.get(NEWS, {"since": ms(now - timedelta(minutes=6))}).json()["news"]) == 1


@pytest.mark.parametrize("since", ["", "soon", "-1", "9" * 19, "9" * 400, "1.5", "٣"])
def test_a_browser_that_says_no_moment_is_told_where_to_begin(bob, since):
    call(make_escalation())

    told = bob.get(NEWS, {"since": since}).json()

    assert told["until"] > 0
    assert len(told["news"]) == (2 if since == "9" * 19 else 0)  # a clock that is ahead is told of the last seconds


def test_a_browser_is_told_of_a_few_at_once(bob):
    for _ in range(8):
        call(make_escalation())

    told = bob.get(NEWS, {"since": ms(timezone.now() - timedelta(days=400))}).json()["news"]

    assert len(told) == 10
    assert len({item["id"] for item in told}) == 10


@pytest.mark.django_db(transaction=True)
def test_called_by_many_at_once_one_has_one_notice(bob):
    escalation = make_escalation()
    start = Barrier(4)

    def comment(author: str) -> None:
        start.wait()
        try:
            call(escalation, by=author)
        finally:
            connections.close_all()

    threads = [Thread(target=comment, args=[f"author-{number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert escalation.comments.count() == 4
    assert Notice.objects.filter(person="bob").count() == 1


def test_who_was_at_it_is_told_that_another_took_over(rita, bob):
    escalation = make_escalation()
    bob.post(f"/console/escalations/{escalation.pk}/claim")
    escalation.refresh_from_db()

    escalation.claim("bob")

    claims.claim(escalation, "rita", take_over=True, reason="you are away")

    [notice] = Notice.objects.all()
    assert (notice.person, str(notice), notice.text) == ("bob", "rita took over what you were at", "you are away")
