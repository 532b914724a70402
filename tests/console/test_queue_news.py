"""What an open queue is told without its rows moving: how many are new, and what became of those that are shown."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.console.test_queue import QUEUE, text
from tests.console.test_queue_groups import decide, ticked
from tests.make import make_escalation


def news_of(page) -> str:
    """The address that an open page asks for news."""
    [address] = re.findall(r'hx-get="(/console/escalations/news[^"]+)"', text(page))
    return address.replace("&amp;", "&")


def test_what_matches_the_view_and_came_since_is_counted(rita):
    make_escalation(assigned_to="rita")
    address = news_of(rita.get(f"{QUEUE}?assigned=me"))
    assert "new" not in re.sub(r'id="[^"]*"|class="[^"]*"|hx-get="[^"]*"', "", text(rita.get(address)))

    make_escalation(assigned_to="rita")
    make_escalation(assigned_to="rita")
    make_escalation(assigned_to="bob")

    assert "2 new" in text(rita.get(address))
    assert 'href="/console/escalations?assigned=me"' in text(rita.get(address))


def test_claims_and_decisions_of_others_appear_in_their_rows(rita, bob):
    claimed, decided, left = make_escalation(), make_escalation(), make_escalation()
    address = news_of(rita.get(QUEUE))
    claimed.claim("bob")
    decide(bob, "approve", ticked(decided))

    fragment = text(rita.get(address))

    def row(escalation) -> str:
        return fragment.split(f'id="at-{escalation.pk}"', 1)[1].split("<span", 1)[0]

    assert "<bdi>bob</bdi>" in row(claimed)
    assert "decided by <bdi>bob</bdi>: approve" in " ".join(row(decided).split())
    assert 'class="gone"' in row(decided)
    assert "nobody" in row(left)


def test_the_news_of_an_empty_page_brings_its_list_by_itself(rita):
    address = news_of(rita.get(QUEUE))

    make_escalation(created_at=timezone.now() + timedelta(seconds=1))

    assert 'hx-trigger="click, load"' in text(rita.get(address))


def test_news_take_the_same_few_queries_for_many_rows(rita, django_assert_max_num_queries):
    for _ in range(50):
        make_escalation()
    address = news_of(rita.get(QUEUE))

    with django_assert_max_num_queries(8):
        rita.get(address)


@pytest.mark.parametrize("query", ["", "since=yesterday", "since=2026-01-01", "since=2026-01-01T00:00:00Z&least=x"])
def test_news_of_no_view_are_not_found(rita, query):
    assert rita.get(f"{QUEUE}/news?{query}").status_code == 404
