"""What the roles of people open, from their accounts to the doors."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client

from operations.models import Operation
from operations.roles import ADMINISTRATOR, AUDITOR, OPERATOR, REVIEWER, ROLES, permissions, role
from operations.states import Status
from tests.access.conftest import Browser
from tests.make import make_operation, make_person

BODY = {"operation_type": "data_pipeline", "parameters": {"counties": ["Duval"]}, "priority": 5}
START = "/console/operations/new/start"
FORM = {"type": "data_pipeline", "p-counties": "Duval", "p-file_types": "SDF"}

giving = import_module("escalations.migrations.0011_people_get_roles")


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.django_db
def test_the_migration_made_each_role_as_it_is_written_down(name: str) -> None:
    giving.make_groups(apps, None)  # again: a test that empties the tables may have come before
    made = Group.objects.get(name=name).permissions
    found = {f"{label}.{codename}" for label, codename in made.values_list("content_type__app_label", "codename")}

    assert found == set(ROLES[name])
    assert len(permissions(ROLES[name])) == len(set(ROLES[name]))


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, body or {}, content_type="application/json", headers={"Prefer": "respond-async"})


def test_an_operator_sees_cancels_and_retries_his_own_and_no_others(browser: Browser) -> None:
    olga, oscar = make_person("olga", OPERATOR), make_person("oscar", OPERATOR)
    hers, his = make_operation(person=olga), make_operation(person=oscar)
    client = browser(person=olga)

    assert [row["operation_id"] for row in client.get("/operations").json()["results"]] == [hers.pk]
    for base in ("/operations", "/console/operations"):
        assert client.get(f"{base}/{hers.pk}").status_code == 200
        assert client.get(f"{base}/{his.pk}").status_code == 404
        assert post(client, f"{base}/{his.pk}/cancel").status_code == 404
        assert post(client, f"{base}/{his.pk}/retry").status_code == 404
    assert post(client, f"/operations/{hers.pk}/cancel").json()["status"] == "cancelled"
    assert client.post(f"/console/operations/{hers.pk}/retry").status_code == 302
    hers.refresh_from_db()
    assert hers.status == Status.PLANNING


def test_an_operation_belongs_to_whoever_started_it_at_either_door(browser: Browser) -> None:
    olga = make_person("olga", OPERATOR)
    client = browser(person=olga)

    first = post(client, "/operations", BODY).json()["operation_id"]
    client.post(START, FORM)

    assert set(Operation.objects.of(olga).values_list("pk", flat=True)) >= {first}
    assert Operation.objects.filter(submitted_by=olga).count() == 2
    assert browser(OPERATOR).get(f"/operations/{first}").status_code == 404


def test_the_same_idempotency_key_of_two_people_gives_two_operations(browser: Browser) -> None:
    made = [
        browser(OPERATOR).post(
            "/operations",
            BODY,
            content_type="application/json",
            headers={"Prefer": "respond-async", "Idempotency-Key": "same"},
        )
        for _ in range(2)
    ]

    assert len({response.json()["operation_id"] for response in made}) == 2


def test_a_type_that_is_not_permitted_is_refused_with_the_permission(browser: Browser) -> None:
    sam = make_person("sam")
    sam.user_permissions.add(Permission.objects.get(codename="start_custom"))
    client = browser(person=sam)
    why = "Starting operations of the type data_pipeline takes the permission operations.start_data_pipeline"

    assert why in post(client, "/operations", BODY).json()["detail"]
    refused = client.post(START, FORM)
    assert (refused.status_code, why in refused.content.decode()) == (403, True)
    assert why in client.get("/console/operations/new").content.decode()
    assert "disabled" in client.get("/console/operations/new?type=data_pipeline").content.decode()
    assert not Operation.objects.exists()


def test_an_auditor_sees_all_and_changes_nothing(browser: Browser) -> None:
    operation = make_operation()
    client = browser(AUDITOR)

    assert client.get(f"/operations/{operation.pk}").status_code == 200
    assert client.get("/usage").status_code == 200
    assert post(client, "/operations", BODY).status_code == 403
    for verb in ("cancel", "retry", "ring"):
        assert post(client, f"/operations/{operation.pk}/{verb}").status_code == 403


def test_being_staff_opens_the_front_page_of_the_admin_and_nothing_else(browser: Browser) -> None:
    client = browser(is_staff=True)

    assert client.get("/admin/").status_code == 200
    for path in ("/console/", "/console/operations", "/operations", "/metrics", "/admin/operations/apikey/"):
        assert client.get(path).status_code == 403


def test_an_administrator_makes_people_and_keys_but_no_superusers(browser: Browser) -> None:
    root = make_person("root", is_superuser=True)
    client = browser(ADMINISTRATOR)
    person = {"username": "vera", "password1": "a-long-pass-phrase", "password2": "a-long-pass-phrase"}

    client.post("/admin/auth/user/add/", person | {"usable_password": "true"})
    vera = User.objects.get(username="vera")
    change = f"/admin/auth/user/{vera.pk}/change/"
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    given = {"username": "vera", "groups": role(REVIEWER).pk, "is_superuser": "on", "is_active": "on"}
    client.post(change, given | dates)
    vera.refresh_from_db()

    assert list(vera.groups.values_list("name", flat=True)) == [REVIEWER]
    assert not vera.is_superuser
    assert client.post(f"/admin/auth/user/{root.pk}/change/", {"username": "x"}).status_code == 403
    assert client.post("/admin/auth/group/add/", {"name": "mine"}).status_code == 403
    assert client.get("/admin/operations/apikey/add/").status_code == 200


def migrate_accounts() -> None:
    for step in (giving.make_groups, giving.let_start, giving.give_roles, giving.drop_old_group):
        step(apps, None)


def roles_of(name: str) -> set[str]:
    return set(Group.objects.filter(user__username=name).values_list("name", flat=True))


@pytest.mark.django_db
def test_accounts_that_there_are_keep_what_they_could_do_by_roles() -> None:
    decide = Permission.objects.get(codename="decide_escalation")
    old = Group.objects.create(name="reviewers")
    old.permissions.add(decide)
    make_person("grouped").groups.add(old)
    make_person("direct").user_permissions.add(decide)
    make_person("looker", is_staff=True)
    make_person("both", is_staff=True).groups.add(old)
    make_person("starter", is_staff=True).user_permissions.add(Permission.objects.get(codename="add_operation"))
    make_person("nobody")

    migrate_accounts()

    assert roles_of("grouped") == roles_of("direct") == roles_of("both") == {REVIEWER}
    assert roles_of("looker") == {AUDITOR}
    assert roles_of("nobody") == set()
    assert User.objects.get(username="starter").has_perm("operations.start_data_pipeline")


@pytest.mark.django_db
def test_an_old_group_that_gives_more_than_the_role_stays() -> None:
    old = Group.objects.create(name="reviewers")
    old.permissions.add(Permission.objects.get(codename="delete_user"))

    migrate_accounts()

    assert Group.objects.filter(name="reviewers").exists()


@pytest.mark.django_db
def test_operations_that_people_started_before_are_known_as_theirs() -> None:
    olga = make_person("olga")
    hers, programs = make_operation(person=olga), make_operation()
    Operation.objects.update(submitted_by=None)

    owners = import_module("operations.migrations.0014_scopes_and_owners")
    owners.give_owners(apps, SimpleNamespace(connection=connection))

    assert Operation.objects.get(pk=hers.pk).submitted_by == olga
    assert Operation.objects.get(pk=programs.pk).submitted_by is None
