"""Sessions: their ends, and the list of one's own."""

import re
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from concord.people import sessions, signals
from concord.people.models import Session
from concord.people.session_store import SessionStore
from tests.people.signing_in import ACCOUNT, HOME, found, is_in, make_rita, sign_in

pytestmark = pytest.mark.django_db
HANDLE = r'name="session"\s+value="(\w+)"'
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"


@pytest.fixture
def rita(client):
    make_rita()
    sign_in(client, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.77")
    return client


@pytest.fixture
def elsewhere(rita):
    browser = Client()
    sign_in(browser, HTTP_USER_AGENT=EDGE, REMOTE_ADDR="2001:db8:77:1::9")
    return browser


def after(**much):
    return time_machine.travel(timezone.now() + timedelta(**much), tick=False)


def test_a_session_that_is_not_used_ends(rita, settings):
    settings.SESSION_IDLE_MINUTES = 30
    with after(minutes=29):
        assert is_in(rita)
    with after(minutes=58):
        assert is_in(rita)
    with after(minutes=89):
        assert not is_in(rita)


def test_a_session_ends_however_much_it_is_used(rita, settings):
    for hour in range(1, 12):
        with after(hours=hour):
            assert is_in(rita)
            rita.get(f"{ACCOUNT}/confirm")
    with after(hours=12, seconds=1):
        assert not is_in(rita)


def test_what_is_written_into_a_session_does_not_move_its_end(rita):
    with after(hours=11):
        rita.post(f"{ACCOUNT}/confirm", {"password": "a long enough pass phrase"})
    with after(hours=12, seconds=1):
        assert not is_in(rita)


def test_reading_a_page_writes_nothing_within_a_minute(rita):
    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            rita.get(HOME)
        return sum(query["sql"].startswith(("UPDATE", "INSERT", "DELETE")) for query in queries)

    assert writes() == 0
    with after(minutes=2):
        assert (writes(), writes()) == (1, 0)


def test_the_list_shows_ones_sessions_coarsely(rita, elsewhere):
    make_rita("bob")
    sign_in(Client(), "bob", HTTP_USER_AGENT=EDGE)

    page = rita.get(ACCOUNT).content.decode()

    rows = re.findall(r"<tr>\s*<td>.*?</tr>", page, re.DOTALL)
    assert len(rows) == 2
    assert "Firefox on Linux" in rows[0]
    assert "this one" in rows[0]
    assert "203.0.113.0/24" in rows[0]
    assert "Edge on Windows" in rows[1]
    assert "2001:db8:77::/48" in rows[1]
    assert not any(session.session_key in page for session in Session.objects.all())


def test_one_session_is_ended(rita, elsewhere):
    handle = found(HANDLE, rita.get(ACCOUNT))

    page = rita.post(f"{ACCOUNT}/sessions/end", {"session": handle}, follow=True).content.decode()

    assert "The session has ended" in page
    assert is_in(rita)
    assert not is_in(elsewhere)


def test_all_others_are_ended_and_it_is_heard_of(rita, elsewhere):
    another, heard = Client(), []
    sign_in(another)

    def hear(user, count, reason, **kwargs):
        heard.append((user.username, count, reason))

    signals.session_ended.connect(hear)
    rita.post(f"{ACCOUNT}/sessions/end")

    assert is_in(rita)
    assert not is_in(elsewhere)
    assert not is_in(another)
    assert heard == [("rita", 2, "ended")]


def test_nobody_ends_anothers_session(rita, elsewhere):
    make_rita("bob")
    bob = Client()
    sign_in(bob, "bob")
    handle = found(HANDLE, rita.get(ACCOUNT))

    page = bob.post(f"{ACCOUNT}/sessions/end", {"session": handle}, follow=True).content.decode()

    assert "No session was left" in page
    assert is_in(elsewhere)


@pytest.mark.parametrize("change", ["deactivated", "password"])
def test_sessions_end_when_an_administrator_changes_the_account(rita, elsewhere, change):
    person = User.objects.get(username="rita")
    with TestCase.captureOnCommitCallbacks(execute=True):
        if change == "password":
            person.set_password("another long pass phrase")
        else:
            person.is_active = False
        person.save()

    assert not is_in(rita)
    assert not is_in(elsewhere)
    assert not person.sessions.exists()


def test_a_changed_name_ends_no_session(rita):
    person = User.objects.get(username="rita")
    person.last_name = "Meter"
    with TestCase.captureOnCommitCallbacks(execute=True):
        person.save()

    assert is_in(rita)


def test_sessions_that_are_over_are_forgotten(rita, elsewhere, settings):
    settings.SESSION_IDLE_MINUTES = 30
    with after(minutes=20):
        is_in(elsewhere)
    with after(minutes=40):
        assert sessions.forget_ended() == 1
        assert Session.objects.count() == 1
        assert is_in(elsewhere)


def test_a_sockets_handshake_heeds_the_idle_end_too(rita, settings):
    settings.SESSION_IDLE_MINUTES = 30
    with after(minutes=31):
        assert async_to_sync(SessionStore(rita.cookies["sessionid"].value).aload)() == {}
