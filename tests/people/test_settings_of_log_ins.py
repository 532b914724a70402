"""What the environment says about logging in, what the doctor says to that, and what the first run makes."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as installed
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password

from concord import first_run
from concord.doctor import single_sign_on
from concord.doctor.finding import Level
from concord.people.oidc.provider import Known
from tests.people.provider import CLIENT, SECRET, serving

COOKIES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "COOKIE_PREFIX")
TELL = f"import json; from concord import settings; print(json.dumps([getattr(settings, n) for n in {COOKIES}]))"


def started(tmp_path, code="import concord.settings", **variables):
    environment = os.environ | {"CONCORD_VAR": str(tmp_path), "DATABASE_URL": "", "WAREHOUSE_URL": ""} | variables
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=installed.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def test_by_https_cookies_are_of_this_host_alone(tmp_path):
    told = json.loads(started(tmp_path, TELL, HTTPS="true").stdout)

    assert told == ["__Host-sessionid", "__Host-csrftoken", True, True, "__Host-"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OIDC_ONLY": "true"}, "OIDC_ONLY=true leaves no way to log in without an OIDC_ISSUER"),
        ({"SESSION_HOURS": "0"}, "SESSION_IDLE_MINUTES and SESSION_HOURS are 1 at least"),
        ({"OIDC_GROUPS": "reviewer"}, "OIDC_GROUPS: 'reviewer' is not of the form name=value"),
    ],
)
def test_what_cannot_work_stops_the_start(tmp_path, variables, words):
    assert words in started(tmp_path, **variables).stderr


def said(check):
    return [(finding.level, finding.found, finding.do) for finding in check()]


@pytest.fixture
def provider(settings):
    with serving() as server:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server.issuer, CLIENT, SECRET
        settings.OIDC_GROUPS = {"property-desk": "desk"}
        yield server
        Known.found.clear()


@pytest.mark.django_db
def test_the_doctor_asks_the_provider(provider, settings):
    Group.objects.create(name="desk")
    assert said(single_sign_on.check) == [(Level.OK, f"{provider.issuer} answers", "")]

    settings.OIDC_ISSUER = provider.issuer + "/"
    [(level, found, do)] = said(single_sign_on.check)
    assert (level, do) == (Level.ERROR, "mend OIDC_ISSUER")
    assert provider.issuer in found

    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert "cannot be read" in said(single_sign_on.check)[0][1]


@pytest.mark.django_db
def test_the_doctor_names_what_is_missing_for_single_sign_on(provider, settings):
    settings.OIDC_CLIENT_SECRET = ""
    settings.OIDC_GROUPS = {"theirs": "nowhere"}

    words = [found for _, found, _ in said(single_sign_on.check)]
    assert words == ["OIDC_CLIENT_SECRET is missing", "OIDC_GROUPS names nowhere, which is no group"]
    settings.OIDC_GROUPS = {}
    assert "OIDC_GROUPS is empty: nobody comes in" in [found for _, found, _ in said(single_sign_on.check)]
    settings.OIDC_ISSUER = ""
    assert said(single_sign_on.check)[0][2] == "set OIDC_ISSUER"


@pytest.mark.django_db
def test_the_doctor_warns_of_risky_settings(settings):
    assert [level for level, _, _ in said(single_sign_on.people)] == [Level.OK]
    settings.REQUIRE_TOTP, settings.SESSION_HOURS, settings.HTTPS = ["nowhere"], 48, True

    words = " ".join(found for _, found, _ in said(single_sign_on.people))
    assert "nowhere" in words
    assert "48 hours" in words
    assert "TRUSTED_PROXIES is 0" in words


@pytest.mark.django_db
def test_the_first_passwords_satisfy_the_rules():
    made = first_run.create_accounts()

    assert made
    for password in (made.admin_password, made.reviewer_password):
        validate_password(password)
