"""What a new installation gets: two people who can log in, and a key that the API takes."""

import pytest
from django.contrib.auth.models import User

from concord.first_run import create_accounts
from operations.models import ApiKey

pytestmark = pytest.mark.django_db


def test_the_admin_and_the_reviewer_can_log_in(client):
    made = create_accounts()
    assert made
    assert client.login(username="admin", password=made.admin_password)
    assert client.login(username="reviewer", password=made.reviewer_password)


def test_the_reviewer_decides_but_does_not_administer():
    create_accounts()
    reviewer = User.objects.get(username="reviewer")
    assert reviewer.has_perm("escalations.decide_escalation")
    assert not reviewer.is_staff
    assert not reviewer.is_superuser


def test_the_key_is_in_force_and_kept_only_as_a_hash():
    made = create_accounts()
    assert made
    row = ApiKey.objects.find(made.api_key)
    assert row
    assert row.name == "local"
    assert made.api_key not in str(row.__dict__)


def test_a_second_time_makes_nothing():
    create_accounts()
    before = set(User.objects.values_list("username", "password"))
    assert create_accounts() is None
    assert set(User.objects.values_list("username", "password")) == before
    assert ApiKey.objects.count() == 1


def test_a_key_made_beforehand_under_the_same_name_stays():
    earlier, _ = ApiKey.objects.issue("local")
    made = create_accounts()
    assert made
    key = ApiKey.objects.find(made.api_key)
    assert key
    assert key.pk != earlier.pk
    assert key.name.startswith("local-")
