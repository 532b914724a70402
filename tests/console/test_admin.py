"""The admin: a record to look at, and the few things that support needs."""

import re
from typing import Any

import pytest
from django.test import Client

from operations.models import ApiKey, Operation
from operations.states import Status
from tests.make import make_escalation, make_key, make_operation, make_person
from workers.models import RegisteredWorker


@pytest.fixture
def admin(db: None) -> Client:
    browser = Client()
    browser.force_login(make_person("ada", is_staff=True, is_superuser=True))
    return browser


def run_action(browser: Client, path: str, action: str, *keys: Any) -> Any:
    return browser.post(f"/admin/{path}/", {"action": action, "_selected_action": keys}, follow=True)


@pytest.mark.parametrize(
    "path",
    [
        "operations/operation",
        "operations/step",
        "operations/modelcall",
        "operations/apikey",
        "escalations/escalation",
        "escalations/decision",
        "escalations/comment",
        "escalations/notice",
        "workers/registeredworker",
    ],
)
def test_every_list_can_be_opened_and_searched(admin, path):
    escalation = make_escalation()
    escalation.operation.steps.create(step_id="E1", position=1, worker="w", action="a")
    make_key()

    assert admin.get(f"/admin/{path}/").status_code == 200
    assert admin.get(f"/admin/{path}/?q=op-").status_code == 200


def test_history_cannot_be_changed(admin):
    escalation = make_escalation()
    for path in (f"operations/operation/{escalation.operation_id}", f"escalations/escalation/{escalation.pk}"):
        assert admin.get(f"/admin/{path}/change/").status_code == 200
        assert admin.post(f"/admin/{path}/change/", {"status": "completed"}).status_code == 403
        assert admin.post(f"/admin/{path}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get("/admin/operations/operation/add/").status_code == 403


def test_operations_are_cancelled_each_on_its_own(admin):
    moving, ended = make_operation(), make_operation(status=Status.COMPLETED)

    page = run_action(admin, "operations/operation", "cancel", moving.pk, ended.pk).content.decode()

    assert Operation.objects.get(pk=moving.pk).status == Status.CANCELLED
    assert Operation.objects.get(pk=ended.pk).status == Status.COMPLETED
    assert "1 cancelled." in page
    assert "cannot become cancelled" in page


def test_failed_operations_are_taken_up_again(admin):
    failed = make_operation(status=Status.FAILED)

    run_action(admin, "operations/operation", "retry", failed.pk)

    assert Operation.objects.get(pk=failed.pk).status == Status.PLANNING


def test_an_issued_key_is_shown_once_and_works(admin):
    answer = admin.post("/admin/operations/apikey/add/", {"name": "loader", "scopes": ["read_all"]})

    [key] = re.findall(r'id="issued-key">([^<]+)<', answer.content.decode())
    client = ApiKey.objects.get()
    assert ApiKey.objects.find(key) == client
    assert (client.name, client.scopes) == ("loader", ["read_all"])
    assert key not in admin.get(f"/admin/operations/apikey/{client.pk}/change/").content.decode()
    assert key not in str(admin.cookies)


def test_a_name_is_issued_only_once(admin):
    make_key(name="loader")

    answer = admin.post("/admin/operations/apikey/add/", {"name": "loader"})

    assert "already exists" in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_revoked_key_is_refused_and_cannot_be_deleted(admin):
    client, key = make_key()

    run_action(admin, "operations/apikey", "revoke", client.pk)

    assert ApiKey.objects.find(key) is None
    assert admin.post(f"/admin/operations/apikey/{client.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_worker_that_is_not_there_is_said_to_be_so(admin):
    RegisteredWorker.objects.create(name="gone", url="http://127.0.0.1:9")

    page = run_action(admin, "workers/registeredworker", "ask_again", "gone").content.decode()

    assert "The worker gone does not answer" in page
    assert RegisteredWorker.objects.get().healthy is False


def test_staff_without_the_right_are_offered_no_acts(db):
    browser = Client()
    browser.force_login(make_person("sam", is_staff=True))

    assert browser.get("/admin/operations/operation/").status_code == 403
