"""Masks beside the pages about an operation: the property data, forms, the admin, and the API with a session."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from operations.audit.models import Entry
from operations.data import search
from operations.models import Operation
from tests.console.conftest import signed_in
from tests.console.data_pages.make import UNION, load
from tests.console.personal import (
    NAME,
    OTHER,
    SCRIPT,
    SECRETS,
    STREET,
    make_personal,
    pages,
    permitted,
    reveal,
    seen,
)
from tests.make import make_key

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])


@pytest.fixture
def rita(db: None) -> Client:
    return permitted(signed_in("rita"), "rita", may=True)


@pytest.fixture
def bob(db: None) -> Client:
    return permitted(signed_in("bob"), "bob", may=False)


def test_owners_of_parcels_are_shown_when_they_are_asked_for(rita: Client) -> None:
    load([{"PARCEL_ID": "P1", "OWN_NAME": NAME, "OWN_ADDR1": STREET}])
    load([{"PARCEL_ID": "P1", "OWN_NAME": OTHER, "OWN_ADDR1": STREET}], submission=2)
    parcel, found = f"/console/data/parcels/{UNION}/current/P1", f"/console/data?q={NAME[:4]}&by=owner"

    assert seen(rita.get(parcel)) == seen(rita.get(f"/console/data?q={OTHER[:4]}&by=owner")) == []
    assert seen(rita.get(found)) == []
    assert seen(reveal(rita, parcel, "Owner", headers=SCRIPT)) == [NAME, STREET, OTHER], "as it is and as it was"
    assert seen(reveal(rita, parcel, "accounts", headers=SCRIPT)) == []
    assert [entry.target_id for entry in Entry.objects.filter(target_kind="parcel")] == [f"{UNION}/P1"]


def test_the_next_page_of_a_search_for_owners_is_not_named_by_an_owner(rita: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(search, "SIZE", 1)
    load([{"PARCEL_ID": f"P{at}", "OWN_NAME": f"{NAME} {at}"} for at in range(3)])
    address, rows = f"/console/data?q={NAME}&by=owner", []

    for _ in range(3):
        page = rita.get(address).content.decode()
        rows += re.findall(r'href="[^"]*/current/(P\d)"', page)
        following = re.search(r'href="(\?[^"]*after=[^"]*)">More', page)
        address = f"/console/data{html.unescape(following[1])}" if following else ""

    assert rows == ["P0", "P1", "P2"]
    assert address == ""


def test_an_edit_keeps_what_was_masked_and_changes_what_was_not(rita: Client, workers: None) -> None:
    escalation = make_personal()
    page, steps = pages(escalation)[1], escalation.operation.steps.filter(step_id="E1")
    steps.update(action="look", arguments={"journal": f"of {NAME}", "until": "a"})

    form = rita.get(page).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    [until] = re.findall(r'name="(E1/until (?!as|json|reference)[^"]+)"', form)
    assert 'name="E1/journal' not in form
    sent = {html.unescape(name): html.unescape(value) for name, value in hidden.items()} | {until: "b"}
    preview = rita.post(f"{page}/preview", sent)

    assert seen(preview) == []
    text = preview.content.decode()
    [shown] = re.findall(r'name="shown" value="(\w+)"', text)
    rita.post(f"{page}/resume", sent | {"shown": shown})
    assert steps.get().arguments == {"journal": f"of {NAME}", "until": "b"}


def test_an_operation_that_tells_of_people_is_cloned_once_they_are_shown(rita: Client) -> None:
    page = pages(make_personal())[8]

    assert "values of people in it are masked: Notes" in " ".join(rita.get(page).content.decode().split())
    assert OTHER in reveal(rita, page, headers=SCRIPT).content.decode()


def test_the_admin_masks_them_too() -> None:
    escalation = make_personal()
    User.objects.create_superuser("root", password="secret")
    root = Client()
    root.force_login(User.objects.get(username="root"))
    step = escalation.operation.steps.get(step_id="E1")

    for path in (
        "operations/operation/",
        f"operations/operation/{escalation.operation_id}/change/",
        "operations/step/",
        f"operations/step/{step.pk}/change/",
        "escalations/escalation/",
        f"escalations/escalation/{escalation.pk}/change/",
    ):
        response = root.get(f"/admin/{path}")
        assert response.status_code == 200, path
        assert seen(response) == [], path
    assert Operation.objects.get(pk=escalation.operation_id).result == escalation.operation.result


def test_the_api_masks_for_people_without_the_permission_and_records_for_those_with_it(
    rita: Client, bob: Client
) -> None:
    escalation = make_personal()
    operation = f"/operations/{escalation.operation_id}"

    parts = ["", "/events", "/evidence?ref=E1.owner"]
    for path in [*(operation + part for part in parts), f"/escalations/{escalation.pk}"]:
        assert seen(bob.get(path)) == [], path
        assert seen(rita.get(path)) != [], path
    assert not Entry.objects.filter(action="personal.read", actor_id=str(User.objects.get(username="bob").pk)).exists()
    assert Entry.objects.filter(action="personal.read", target_id=escalation.operation_id).count() == 1


def test_programs_see_what_came_of_their_operations_as_it_is() -> None:
    escalation = make_personal()
    _, key = make_key("read_all")

    answer = Client().get(f"/operations/{escalation.operation_id}", headers={"X-API-Key": key})

    assert seen(answer) == list(SECRETS)
    assert not Entry.objects.filter(action="personal.read").exists()
