"""Changing one's own password."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, TestCase

from concord.people import signals
from tests.make import make_person
from tests.people.signing_in import ACCOUNT, PASSWORD, is_in, make_rita, sign_in

pytestmark = pytest.mark.django_db
PAGE = f"{ACCOUNT}/password"
NEW = "quite another sentence"


@pytest.fixture
def rita(client):
    person = make_rita()
    person.email = "rita.meter@example.com"
    person.save()
    sign_in(client)
    return client


def change(browser, new=NEW, old=PASSWORD, again=None):
    return browser.post(PAGE, {"old_password": old, "new_password1": new, "new_password2": again or new})


def test_it_changes_and_all_other_sessions_end(rita):
    elsewhere, heard = Client(), []
    sign_in(elsewhere)

    def hear(user, **kwargs):
        heard.append(user.username)

    signals.password_changed.connect(hear)
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = change(rita)

    assert answer["Location"] == ACCOUNT
    assert is_in(rita)
    assert not is_in(elsewhere)
    assert heard == ["rita"]
    assert User.objects.get(username="rita").check_password(NEW)
    assert User.objects.get(username="rita").sessions.count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"new": "elevenchars"}, "at least 12"),
        ({"new": "x1" * 65}, "may have 128"),
        ({"new": "q1w2e3r4t5y6"}, "too common"),
        ({"new": "Rita.Meter@example1"}, "too similar"),
        ({"again": "quite another word"}, "differ"),
        ({"old": "wrong"}, "not your password of now"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(rita, given, words):
    page = change(rita, **given).content.decode()

    assert words in page
    assert 'aria-invalid="true"' in page
    assert User.objects.get(username="rita").check_password(PASSWORD)


@pytest.mark.parametrize("new", ["x1" * 64, "nur kleine wörter", "123456789012345678", "  a b  c   d  e"])
def test_any_characters_will_do(rita, new):
    assert change(rita, new=new).status_code == 302
    assert sign_in(Client(), password=new).status_code == 302


def test_who_signs_in_elsewhere_is_told_so(client):
    person = make_person("sso")
    person.set_unusable_password()
    person.save()
    client.force_login(person)

    page = client.get(PAGE).content.decode()

    assert "single sign-on" in page
    assert "<input id=" not in page
    assert change(client).status_code == 200
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_a_stranger_is_sent_to_sign_in(client):
    for path in ("", "/password", "/confirm", "/totp"):
        assert client.get(f"{ACCOUNT}{path}")["Location"] == f"/console/login?next={ACCOUNT}{path}"
