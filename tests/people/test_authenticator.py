"""Codes of an authenticator app: enrolling it, signing in with it, recovery codes, and losing it."""

import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from concord.people import signals, totp
from concord.people.models import Identity, RecoveryCode, Totp
from tests.make import make_person
from tests.people.signing_in import ACCOUNT, CODE, ENROL, HOME, LOGIN, app_code, enrol, found, is_in, make_rita, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_rita()


@pytest.fixture
def rita(client, person):
    sign_in(client)
    return client


@pytest.fixture
def codes(rita, person):
    """Rita's recovery codes; she has an authenticator."""
    return enrol(rita, person)


@pytest.fixture
def away(codes):
    """Another browser, after the name and the password."""
    browser = Client()
    assert sign_in(browser)["Location"] == CODE
    return browser


def later(**much):
    return time_machine.travel(timezone.now() + timedelta(**much), tick=False)


def test_enrolling_shows_a_picture_and_a_secret_and_then_ten_codes(rita, person):
    page = rita.get(f"{ACCOUNT}/totp")
    secret = found(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)

    assert "<svg" in page.content.decode()
    assert len(secret.replace(" ", "")) == 32
    codes = enrol(rita, person)
    assert len(set(codes)) == 10
    assert "10 of 10 are left" in rita.get(ACCOUNT).content.decode()


def test_what_is_kept_tells_neither_the_secret_nor_the_codes(rita, person):
    page = rita.get(f"{ACCOUNT}/totp")
    secret = found(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)
    codes = enrol(rita, person)

    kept = str(list(Totp.objects.values())) + str(list(RecoveryCode.objects.values()))
    for told in (secret, secret.replace(" ", ""), *codes, *(code.replace("-", "") for code in codes)):
        assert told not in kept


def test_a_wrong_code_enrols_nothing(rita, person):
    rita.get(f"{ACCOUNT}/totp")

    assert "not the code of now" in rita.post(f"{ACCOUNT}/totp", {"code": "000000"}).content.decode()
    assert totp.of(person) is None
    assert sign_in(Client())["Location"] == HOME


def test_the_password_alone_does_not_let_in(away):
    assert not is_in(away)
    assert away.get(ACCOUNT)["Location"].startswith(LOGIN)
    assert away.get("/operations").status_code == 401


def test_a_code_lets_in_once(away, person):
    code = app_code(person)

    assert away.post(CODE, {"code": code})["Location"] == HOME
    assert is_in(away)
    another = Client()
    sign_in(another)
    assert "used before" in another.post(CODE, {"code": code}).content.decode()
    assert not is_in(another)


def test_the_code_of_enrolling_is_not_taken_again(rita, person):
    rita.get(f"{ACCOUNT}/totp")
    code = app_code(person)
    rita.post(f"{ACCOUNT}/totp", {"code": code})
    browser = Client()
    sign_in(browser)

    assert "used before" in browser.post(CODE, {"code": code}).content.decode()


def test_an_old_code_is_not_taken(away, person):
    assert "wrong" in away.post(CODE, {"code": app_code(person, -2)}).content.decode()


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "x" * 5000, "\x00"])
def test_what_is_no_code_does_no_harm(away, typed):
    assert away.post(CODE, {"code": typed}).status_code == 200


def test_codes_are_not_guessed(away, person):
    answers = [away.post(CODE, {"code": "000000"}).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]
    refused = away.post(CODE, {"code": app_code(person)})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= 60
    assert not is_in(away)


def test_a_recovery_code_lets_in_once_and_it_is_heard_of(away, codes):
    heard = []

    def hear(user, left, **kwargs):
        heard.append((user.username, left))

    signals.recovery_code_used.connect(hear)

    assert away.post(CODE, {"code": f" {codes[3].lower().replace('-', '')} "})["Location"] == HOME
    assert heard == [("rita", 9)]
    another = Client()
    sign_in(another)
    assert another.post(CODE, {"code": codes[3]}).status_code == 200
    assert another.post(CODE, {"code": codes[4]})["Location"] == HOME


def test_new_recovery_codes_replace_the_old_ones(rita, away, codes):
    page = rita.post(f"{ACCOUNT}/totp/codes").content.decode()
    new = re.findall(r"<code>([A-Z2-7-]{19})</code>", page)

    assert len(set(new) - set(codes)) == 10
    assert away.post(CODE, {"code": codes[0]}).status_code == 200
    assert away.post(CODE, {"code": new[0]})["Location"] == HOME


def test_a_log_in_that_is_half_done_ends(away, person):
    with later(minutes=16):
        assert away.post(CODE, {"code": app_code(person)})["Location"] == LOGIN


def test_a_log_in_that_is_half_done_ends_with_a_new_password(away, person):
    person.set_password("another long pass phrase")
    person.save()

    assert away.post(CODE, {"code": app_code(person)})["Location"] == LOGIN


def test_nobody_gets_to_the_code_without_a_password(client, codes):
    assert Client().get(CODE)["Location"] == LOGIN
    assert Client().post(ENROL)["Location"] == LOGIN


def test_removing_it_asks_who_one_is_when_that_was_long_ago(rita, person, codes):
    with later(minutes=16):
        asked = rita.post(f"{ACCOUNT}/totp/remove")
        assert asked["Location"] == f"{ACCOUNT}/confirm?next=%2Fconsole%2Faccount"
        assert totp.of(person)
        assert rita.post(f"{ACCOUNT}/confirm", {"password": "wrong", "next": ACCOUNT}).status_code == 200
        assert rita.post(f"{ACCOUNT}/totp/remove")["Location"].startswith(f"{ACCOUNT}/confirm")
        assert rita.post(f"{ACCOUNT}/confirm", {"code": app_code(person), "next": ACCOUNT})["Location"] == ACCOUNT
        rita.post(f"{ACCOUNT}/totp/remove")
    assert totp.of(person) is None
    assert sign_in(Client())["Location"] == HOME


def test_confirming_leads_nowhere_else(rita):
    sent = {"password": "a long enough pass phrase", "next": "https://evil.example/"}

    assert rita.post(f"{ACCOUNT}/confirm", sent)["Location"] == ACCOUNT


def test_who_must_have_one_enrols_it_before_coming_in(client, person, settings):
    group = Group.objects.create(name="careful")
    person.groups.add(group)
    settings.REQUIRE_TOTP = ["careful"]
    assert sign_in(client)["Location"] == ENROL
    assert not is_in(client)
    assert client.get(CODE).status_code == 200

    codes = enrol(client, person, ENROL)

    assert len(codes) == 10
    assert is_in(client)


def test_who_must_have_one_is_out_without_it(rita, person, codes, settings):
    person.groups.add(Group.objects.create(name="careful"))
    settings.REQUIRE_TOTP = ["careful"]

    assert rita.post(f"{ACCOUNT}/totp/remove")["Location"] == LOGIN
    assert not is_in(rita)
    assert sign_in(rita)["Location"] == ENROL


def test_superusers_must_have_one_where_anybody_must(client, settings):
    settings.REQUIRE_TOTP = ["careful"]
    make_rita()
    User.objects.update(is_superuser=True)

    assert sign_in(client)["Location"] == ENROL


def test_an_administrator_resets_it(client, rita, person, codes):
    admin, heard = Client(), []

    def hear(user, by, **kwargs):
        heard.append((user.username, by))

    signals.totp_removed.connect(hear)
    admin.force_login(make_person("ada", is_staff=True, is_superuser=True))
    row = Totp.objects.get()
    page = admin.get("/admin/people/totp/").content.decode()

    admin.post(f"/admin/people/totp/{row.pk}/delete/", {"post": "yes"})

    assert "rita" in page
    assert row.secret not in admin.get("/admin/people/totp/").content.decode()
    assert heard == [("rita", "ada")]
    assert sign_in(Client())["Location"] == HOME


def test_an_administrator_unlocks_no_superuser(client, rita, person, codes):
    admin = Client()
    admin.force_login(make_person("ada", "administrator"))
    User.objects.filter(username="rita").update(is_superuser=True)
    row = Totp.objects.get()

    page = admin.get("/admin/people/totp/").content.decode()
    admin.post(f"/admin/people/totp/{row.pk}/delete/", {"post": "yes"})
    linked = admin.post("/admin/people/identity/add/", {"user": row.user_id, "issuer": "https://idp", "subject": "me"})

    assert "rita" not in page
    assert Totp.objects.exists()
    assert not Identity.objects.exists()
    assert "Select a valid choice" in linked.content.decode()


def test_a_command_resets_it(codes):
    out = StringIO()
    call_command("reset_totp", "rita", stdout=out)

    assert out.getvalue() == "The authenticator of rita and its recovery codes are gone.\n"
    assert sign_in(Client())["Location"] == HOME
    with pytest.raises(CommandError, match="rita has no authenticator"):
        call_command("reset_totp", "rita")
    with pytest.raises(CommandError, match="no account named 'nobody'"):
        call_command("reset_totp", "nobody")


def test_with_another_secret_key_no_code_is_right(codes, settings):
    settings.SECRET_KEY = "another" * 10
    browser = Client()
    sign_in(browser)

    assert browser.post(CODE, {"code": "123456"}).status_code == 200
    assert browser.post(CODE, {"code": codes[0]}).status_code == 200
    assert not is_in(browser)


def test_an_earlier_secret_key_still_opens_what_it_sealed(codes, person, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    browser = Client()
    sign_in(browser)

    assert browser.post(CODE, {"code": app_code(person)})["Location"] == HOME


def test_an_earlier_secret_key_still_knows_the_recovery_codes(codes, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    browser = Client()
    sign_in(browser)

    assert browser.post(CODE, {"code": codes[0]})["Location"] == HOME
