"""Signing in by OpenID Connect, with a provider that really answers; and all that must not let in."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from concord.people.models import Identity
from concord.people.oidc.provider import Known
from tests.people.provider import CLIENT, OTHER_KEY, SECRET, serving
from tests.people.signing_in import CODE, HOME, LOGIN, PASSWORD, enrol, is_in, make_rita, sign_in

pytestmark = pytest.mark.django_db
BEGIN = f"{LOGIN}/oidc"


@pytest.fixture
def provider(settings):
    with serving() as server:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server.issuer, CLIENT, SECRET
        settings.OIDC_GROUPS = {"property-desk": "desk", "leads": "administrator"}
        for name in ("desk", "administrator", "elsewhere"):
            Group.objects.get_or_create(name=name)
        yield server
        Known.found.clear()


def back(browser, provider, begin=BEGIN):
    """Go to the provider and come back. Returns the answer to the callback."""
    return browser.get(_path(provider.authorize(browser.get(begin)["Location"])))


def _path(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def rejected(answer, status, words):
    assert answer.status_code == status
    assert words in answer.content.decode()
    return True


def test_the_page_offers_it_only_where_there_is_a_provider(client, provider, settings):
    assert "single sign-on" in client.get(LOGIN).content.decode()
    settings.OIDC_ISSUER = ""
    assert "single sign-on" not in client.get(LOGIN).content.decode()
    assert client.get(BEGIN).status_code == 404
    assert client.get(f"{BEGIN}/callback?code=x&state=y").status_code == 404


def test_it_makes_an_account_without_a_password_and_lets_in(client, provider):
    answer = back(client, provider, f"{BEGIN}?next=/console/operations")

    assert answer["Location"] == "/console/operations"
    person = User.objects.get()
    assert (person.username, person.has_usable_password(), person.is_superuser) == ("rita", False, False)
    assert [group.name for group in person.groups.all()] == ["desk"]
    assert Identity.objects.get().subject == "248289761001"
    assert client.get("/console/account").status_code == 200
    [asked] = provider.asked
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 32


@pytest.mark.parametrize("name", ["", "a b", "x" * 300, "<script>", "a\0b", 7, None])
def test_any_name_at_the_provider_does_no_harm(client, provider, name):
    provider.person |= {"preferred_username": name, "given_name": name, "family_name": "M" * 400}

    assert back(client, provider).status_code in (302, 403)
    assert len(User.objects.all()) < 2


def test_a_second_time_it_is_the_same_account_whatever_it_is_called_there(client, provider):
    back(client, provider)
    provider.person["preferred_username"] = "rita.married"
    client.post("/console/logout")
    back(client, provider)

    assert User.objects.get().username == "rita"


def test_groups_follow_those_at_the_provider_and_others_stay(client, provider):
    back(client, provider)
    person = User.objects.get()
    person.groups.add(Group.objects.get(name="elsewhere"))
    provider.person["groups"] = ["leads", "unheard-of"]
    back(Client(), provider)

    person.refresh_from_db()
    assert {group.name for group in person.groups.all()} == {"administrator", "elsewhere"}
    assert person.is_staff
    provider.person["groups"] = "property-desk"
    back(Client(), provider)
    person.refresh_from_db()
    assert {group.name for group in person.groups.all()} == {"desk", "elsewhere"}
    assert not person.is_staff


@pytest.mark.parametrize("groups", [[], ["unheard-of"], None, 7, {"property-desk": 1}, [["property-desk"]]])
def test_who_is_in_no_group_of_ours_does_not_come_in(client, provider, groups):
    provider.person["groups"] = groups

    assert rejected(back(client, provider), 403, "in no group that may use Concord")
    assert not User.objects.exists()
    assert not is_in(client)


def test_who_has_left_the_group_loses_it_here(client, provider):
    back(client, provider)
    provider.person["groups"] = []

    assert back(Client(), provider).status_code == 403
    assert not User.objects.get().groups.exists()


def test_groups_may_come_with_the_user_info(client, provider):
    provider.userinfo = {"sub": provider.person["sub"], "groups": provider.person.pop("groups")}

    assert back(client, provider)["Location"] == HOME


def test_user_info_of_somebody_else_is_not_believed(client, provider):
    provider.userinfo = {"sub": "another", "groups": provider.person.pop("groups")}

    assert back(client, provider).status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"iss": "https://another.example"},
        {"iss": None},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iat": int(time.time()) + 600},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\0b"},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_or_not_for_now_lets_nobody_in(client, provider, lies):
    provider.lies = lies

    assert rejected(back(client, provider), 400, "not in order")
    assert not is_in(client)
    assert not User.objects.exists()


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_a_token_that_the_provider_has_not_signed_lets_nobody_in(client, provider, algorithm):
    provider.algorithm, provider.signing_key = algorithm, OTHER_KEY

    assert rejected(back(client, provider), 400, "not in order")
    assert not User.objects.exists()


def test_a_code_is_good_once(client, provider):
    address = _path(provider.authorize(client.get(BEGIN)["Location"]))
    assert client.get(address).status_code == 302
    client.post("/console/logout")

    assert rejected(client.get(address), 400, "begun in another browser")
    asked = parse_qs(urlsplit(address).query)
    again = parse_qs(urlsplit(client.get(BEGIN)["Location"]).query)["state"][0]
    replayed = client.get(f"{BEGIN}/callback?code={asked['code'][0]}&state={again}")
    assert rejected(replayed, 400, "used before")
    assert not is_in(client)


def test_a_log_in_is_ended_only_where_it_was_begun(client, provider):
    address = _path(provider.authorize(client.get(BEGIN)["Location"]))
    victim = Client()

    assert rejected(victim.get(address), 400, "begun in another browser")
    victim.get(BEGIN)
    assert rejected(victim.get(address), 400, "begun in another browser")


def test_another_browsers_code_does_not_fit(client, provider):
    attackers = parse_qs(urlsplit(provider.authorize(Client().get(BEGIN)["Location"])).query)["code"][0]
    state = parse_qs(urlsplit(client.get(BEGIN)["Location"]).query)["state"][0]

    assert rejected(client.get(f"{BEGIN}/callback?code={attackers}&state={state}"), 400, "not in order")


def test_an_error_of_the_provider_signs_nobody_out(client, provider):
    make_rita("bob")
    sign_in(client, "bob")

    assert rejected(client.get(f"{BEGIN}/callback?error=access_denied"), 403, "did not let you in")
    assert is_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_one_is_sent_nowhere_else(client, provider, target):
    assert back(client, provider, f"{BEGIN}?next={target}")["Location"] == HOME


def test_an_account_of_the_same_name_is_not_taken_over_but_can_be_linked(client, provider):
    person = make_rita()

    assert rejected(back(client, provider), 403, "An administrator can link it")
    Identity.objects.create(user=person, issuer=provider.issuer, subject=provider.person["sub"])
    assert back(client, provider)["Location"] == HOME
    assert User.objects.count() == 1


def test_an_account_that_is_switched_off_stays_out(client, provider):
    back(client, provider)
    User.objects.update(is_active=False)

    assert rejected(back(Client(), provider), 403, "switched off")


def test_the_page_takes_no_code_in_place_of_a_password(client, provider):
    query = urlsplit(provider.authorize(client.get(BEGIN)["Location"])).query

    assert client.post(f"{LOGIN}?{query}", {"username": "rita", "password": "x"}).status_code == 200
    assert not User.objects.exists()


def test_passwords_can_be_switched_off(client, provider, settings):
    settings.OIDC_ONLY = True
    make_rita("bob")

    assert 'type="password"' not in client.get(LOGIN).content.decode()
    assert sign_in(client, "bob", PASSWORD).status_code == 403
    assert not is_in(client)


def test_who_has_an_authenticator_here_is_asked_for_its_code(client, provider):
    back(client, provider)
    enrol(client, User.objects.get())

    again = Client()
    assert back(again, provider)["Location"] == CODE
    assert not is_in(again)


def test_one_can_prove_who_one_is_by_signing_in_anew(client, provider):
    back(client, provider)

    page = client.get("/console/account/confirm?next=/console/account/totp").content.decode()
    assert f"{BEGIN}?again=1&amp;next=%2Fconsole%2Faccount%2Ftotp" in page
    answer = back(client, provider, f"{BEGIN}?again=1&next=/console/account/totp")
    assert answer["Location"] == "/console/account/totp"
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")


def test_a_provider_that_is_away_is_told_and_passwords_go_on(client, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9/realm"
    make_rita()

    assert rejected(client.get(BEGIN), 503, "cannot be reached")
    assert sign_in(client).status_code == 302
    assert is_in(client)


def test_a_session_of_a_provider_that_went_away_goes_on(client, settings):
    with serving() as server:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server.issuer, CLIENT, SECRET
        settings.OIDC_GROUPS = {"property-desk": "desk"}
        Group.objects.create(name="desk")
        back(client, server)
    Known.found.clear()

    assert client.get("/console/account").status_code == 200
