"""Signing in with a name and a password."""

import re

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from django.test import Client

from concord.metrics.process import figures
from tests.make import make_key, make_person
from tests.people.signing_in import HOME, LOGIN, PASSWORD, is_in, make_rita, sign_in

pytestmark = pytest.mark.django_db


def test_one_comes_in_and_to_where_one_wanted_to_go(client):
    make_rita()

    answer = client.post(LOGIN, {"username": "rita", "password": PASSWORD, "next": "/console/operations"})

    assert (answer.status_code, answer["Location"]) == (302, "/console/operations")
    assert is_in(client)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_one_is_sent_nowhere_else(client, target):
    make_rita()

    assert client.post(LOGIN, {"username": "rita", "password": PASSWORD, "next": target})["Location"] == HOME


def test_all_that_does_not_fit_is_answered_alike(client):
    make_rita()
    gone = make_rita("gone")
    gone.is_active = False
    gone.save()
    by_provider = make_person("sso")
    by_provider.set_unusable_password()
    by_provider.save()

    answers = {
        sign_in(client, name, password).content.decode().replace(name, "")
        for name, password in [("rita", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD), ("sso", "wrong")]
    }

    without_tokens = {page.split("csrfmiddlewaretoken")[0] for page in answers}
    assert len(without_tokens) == 1
    assert "do not go together" in without_tokens.pop()


def test_the_session_gets_a_new_key(client):
    make_rita()
    sign_in(client)
    before = client.cookies["sessionid"].value
    client.post("/console/logout")
    sign_in(client)

    assert client.cookies["sessionid"].value != before


def test_the_cookie_is_only_for_us_and_not_for_scripts(client):
    make_rita()
    sign_in(client)

    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) == 12 * 3600


def test_the_admin_has_no_log_in_of_its_own(client):
    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0] == "/console/login?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "rita", "password": "x"})["Location"].startswith(LOGIN)
    assert client.get("/admin/password_change/")["Location"] == "/console/account/password"


def test_the_admin_tells_who_may_not_open_it(client):
    make_rita()
    sign_in(client)

    assert client.get("/admin/", follow=True).status_code == 403


def test_an_older_hash_is_renewed_and_passwords_are_hashed_with_argon2(client, settings):
    settings.PASSWORD_HASHERS = [
        "concord.people.passwords.ModestArgon2",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    person = make_rita()
    old = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=person.pk).update(password=old)

    sign_in(client)

    person.refresh_from_db()
    assert identify_hasher(person.password).algorithm == "argon2"
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in person.password
    assert is_in(client)


def test_a_password_of_any_length_does_no_harm(client):
    make_rita()

    assert "do not go together" in sign_in(client, password="x" * 200_000).content.decode()


def test_signing_out_ends_the_session_for_good(client):
    make_rita()
    sign_in(client)
    kept = client.cookies["sessionid"].value
    client.post("/console/logout")

    thief = Client()
    thief.cookies["sessionid"] = kept
    assert not is_in(thief)


def test_log_ins_are_counted(client):
    make_rita()
    _, key = make_key("read_all", "metrics")
    figures.send()
    before = counted(key)
    sign_in(client, password="wrong")
    sign_in(client)
    for _ in range(6):
        sign_in(Client(), "nobody", "wrong")
    figures.send()

    assert [counted(key)[outcome] - before.get(outcome, 0) for outcome in ("in", "failed", "throttled")] == [1, 6, 1]


def counted(key):
    told = Client().get("/metrics", headers={"X-API-Key": key}).content.decode()
    return {name: float(value) for name, value in re.findall(r'concord_log_ins_total\{outcome="(\w+)"\} (\S+)', told)}
