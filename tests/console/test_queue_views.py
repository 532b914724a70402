"""Keeping a view of the queue under a name, for oneself or for all."""

import re

import pytest

from escalations.models import SavedView
from tests.console.test_queue import QUEUE, text
from tests.make import make_auditor, make_escalation, make_person

VIEWS = f"{QUEUE}/views"


def keep(browser, name: str, query: str = "reason=step_failed", **more):
    return browser.post(VIEWS, {"name": name, "query": query, **more})


def test_a_view_is_kept_and_stands_among_the_tabs(rita):
    response = keep(rita, "Failures", "order=newest&reason=step_failed&after=x&nonsense=1")

    assert response["Location"] == f"{QUEUE}?reason=step_failed&order=newest"
    page = text(rita.get(response["Location"]))
    tab = r'reason=step_failed&amp;order=newest"[^>]*aria-current="page"[^>]*>[^<]*(<[^>]*>)?\s*Failures'
    assert re.search(tab, page)


def test_only_shared_views_are_seen_by_others(rita, bob):
    keep(rita, "My own")
    keep(rita, "For all", shared="on")

    page = text(bob.get(QUEUE))

    assert "For all" in page
    assert "My own" not in page


def test_ones_own_view_is_renamed_shared_and_deleted(rita, bob):
    keep(rita, "Failures")
    view = SavedView.objects.get()

    rita.post(f"{VIEWS}/{view.pk}", {"name": "Broken steps", "shared": "on"})
    assert "Broken steps" in text(bob.get(QUEUE))

    rita.post(f"{VIEWS}/{view.pk}", {"name": "Broken steps", "delete": "on"})
    assert not SavedView.objects.exists()


def test_the_view_of_another_is_not_to_be_found(rita, bob):
    keep(rita, "For all", shared="on")
    view = SavedView.objects.get()

    assert bob.post(f"{VIEWS}/{view.pk}", {"name": "Mine now"}).status_code == 404
    assert bob.post(f"{VIEWS}/{view.pk}", {"delete": "on"}).status_code == 404
    assert "Rename" not in text(bob.get(f"{QUEUE}?{view.query}"))


def test_a_name_is_kept_once_and_what_was_typed_stays(rita):
    keep(rita, "Failures")

    response = keep(rita, "Failures", "type=custom")

    assert response.status_code == 422
    assert "Name: you keep a view of this name already. Choose another." in text(response)
    assert 'value="Failures"' in text(response)
    assert 'name="query" value="type=custom"' in text(response)
    assert SavedView.objects.count() == 1


def test_a_view_without_a_name_is_not_kept(rita):
    response = keep(rita, " ")

    assert response.status_code == 422
    assert "Give the view a name." in text(response)


@pytest.mark.parametrize("query", ["order=random", "values=what", "least=1000"])
def test_a_view_that_cannot_be_shown_is_not_kept(rita, query):
    assert keep(rita, "Odd", query).status_code == 422
    assert not SavedView.objects.exists()


def test_hostile_names_are_shown_harmlessly(rita):
    keep(rita, "<script>alert(1)</script>\u202e", shared="on")

    page = text(rita.get(QUEUE))

    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_who_may_only_look_keeps_views_too(client, db):
    client.force_login(make_auditor("sam"))
    make_escalation()

    assert keep(client, "Failures").status_code == 302


def test_a_stranger_keeps_nothing(client, db):
    client.force_login(make_person("charlie"))

    assert keep(client, "Failures").status_code == 403
