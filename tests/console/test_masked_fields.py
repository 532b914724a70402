"""What tells of a person is masked on every page until somebody who may see it asks for it, which is recorded."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from operations.audit.models import Entry
from tests.console.conftest import signed_in
from tests.console.personal import MAIL, NAME, PURPOSE, SCRIPT, SECRETS, make_personal, pages, permitted, reveal, seen

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])


@pytest.fixture
def rita(db: None) -> Client:
    return permitted(signed_in("rita"), "rita", may=True)


@pytest.fixture
def bob(db: None) -> Client:
    """A reviewer who may not see values of people."""
    return permitted(signed_in("bob"), "bob", may=False)


def test_no_page_holds_a_value_of_a_person(rita: Client, workers: None) -> None:
    for page in pages(make_personal()):
        response = rita.get(page)
        assert response.status_code == 200, page
        assert seen(response) == [], page
    assert not Entry.objects.filter(action__startswith="personal").exists()


def test_nor_do_its_answers_to_a_page_that_refreshes_itself(rita: Client, workers: None) -> None:
    for page in pages(make_personal()):
        assert seen(rita.get(page, headers={"HX-Request": "true"})) == [], page


def test_the_marks_tell_a_first_letter_and_about_how_long_a_name_is(rita: Client) -> None:
    page = rita.get(pages(make_personal())[3]).content.decode()

    assert "Z\u2022\u2022\u2022\u2022\u2022" in page
    assert "12-34" in page, "the parcel is nobody"


def test_who_asks_sees_all_of_the_page_and_the_trail_has_one_entry(rita: Client) -> None:
    escalation = make_personal()
    page = pages(escalation)[3]

    response = reveal(rita, page, headers=SCRIPT)

    assert seen(response) == list(SECRETS)
    assert "no-store" in response.headers["Cache-Control"]
    entry = Entry.objects.get(action="personal.reveal")
    assert (entry.actor_kind, entry.reason, entry.operation_id) == ("person", PURPOSE, escalation.operation_id)
    assert (entry.target_kind, entry.target_id) == ("operation", escalation.operation_id)
    kinds = ["address", "e-mail address", "name", "phone number", "tax number"]
    assert entry.after == {"fields": kinds, "parts": ["all"], "today": 1}
    assert not [secret for secret in SECRETS if secret in str(entry.__dict__)]


def test_a_part_is_shown_alone(rita: Client) -> None:
    page = pages(make_personal())[3]
    before = rita.get(page).content.decode()
    [part] = re.findall(r'name="part" value="(parameters)"', before)

    shown = reveal(rita, page, part=part, headers=SCRIPT).content.decode()

    assert MAIL in shown[shown.index('id="people-parameters"') :]
    assert NAME not in shown
    assert Entry.objects.filter(action="personal.reveal").values_list("after__parts", flat=True).get() == ["parameters"]


def test_without_scripts_the_page_is_loaded_again_with_the_values_and_forgets_them(rita: Client) -> None:
    page = pages(make_personal())[3]

    response = reveal(rita, page)

    assert response.status_code == 302
    assert seen(rita.get(response.url)) == list(SECRETS)
    assert 'http-equiv="refresh" content="120' in rita.get(response.url).content.decode()
    assert Entry.objects.filter(action="personal.reveal").count() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert seen(rita.get(response.url)) == []


def test_what_was_granted_is_for_one_page_one_person_and_one_session(rita: Client) -> None:
    escalation = make_personal()
    page, other = pages(escalation)[3], pages(escalation)[4]
    granted = reveal(rita, page).url.partition("?")[2].partition("#")[0]
    carol = permitted(signed_in("carol"), "carol", may=True)

    assert seen(rita.get(f"{other}?{granted}")) == []
    assert seen(carol.get(f"{page}?{granted}")) == []
    again = Client()
    again.force_login(User.objects.get(username="rita"))
    assert seen(again.get(f"{page}?{granted}")) == []
    assert seen(rita.get(f"{page}?{granted}x")) == []


def test_a_page_that_refreshes_itself_goes_on_showing_what_was_granted(rita: Client) -> None:
    page = pages(make_personal())[3]
    grant = reveal(rita, page, headers=SCRIPT).headers["Concord-Shown"]

    assert seen(rita.get(page, headers=SCRIPT | {"Concord-Shown": grant})) == list(SECRETS)
    assert seen(rita.get(page, headers=SCRIPT)) == []
    assert Entry.objects.filter(action="personal.reveal").count() == 1


def test_who_may_not_see_values_is_refused_and_sees_no_button(bob: Client) -> None:
    escalation = make_personal()
    page = pages(escalation)[0]

    response = reveal(bob, page, headers=SCRIPT)

    assert response.status_code == 403
    assert seen(response) == []
    assert not Entry.objects.filter(action="personal.reveal").exists()
    told = bob.get(page).content.decode()
    assert 'name="part"' not in told
    assert "an administrator can give it" in " ".join(told.split())


def test_a_permission_that_is_taken_away_ends_what_was_granted(rita: Client) -> None:
    page = pages(make_personal())[3]
    address = reveal(rita, page).url
    permitted(rita, "rita", may=False)

    assert seen(rita.get(address)) == []


def test_after_the_end_of_the_session_nothing_is_shown(rita: Client) -> None:
    page = pages(make_personal())[3]
    rita.logout()

    for headers in ({}, SCRIPT):
        response = reveal(rita, page, headers=headers)
        assert (response.status_code, seen(response)) == (401, [])
    assert not Entry.objects.filter(action="personal.reveal").exists()


def test_a_purpose_is_asked_for_and_remembered_for_the_operation(rita: Client) -> None:
    escalation = make_personal()
    page = pages(escalation)[3]

    assert reveal(rita, page, purpose="  ").status_code == 422
    assert not Entry.objects.filter(action="personal.reveal").exists()
    rita.post("/console/reveal", {"page": page, "part": "all", "purpose": PURPOSE, "words": "The county called"})
    assert Entry.objects.get(action="personal.reveal").reason == "The county called"
    assert "<option selected>The county called</option>" in rita.get(page).content.decode()


@pytest.mark.parametrize("page", ["/console/nowhere", "https://elsewhere.org/x", "/operations", "/console/logout", "x"])
def test_only_pages_of_the_console_are_shown(rita: Client, page: str) -> None:
    assert reveal(rita, page, headers=SCRIPT).status_code in (200, 404)
    assert not Entry.objects.filter(action="personal.reveal").exists()


def test_what_is_seen_of_somebody_elses_operation_is_not_found(rita: Client) -> None:
    assert reveal(rita, "/console/operations/op-20260101-000000-00000000", headers=SCRIPT).status_code == 404


def test_with_masks_off_each_page_that_shows_values_is_recorded(rita: Client, bob: Client, settings: Any) -> None:
    settings.MASK_PERSONAL = False
    page = pages(make_personal())[3]

    assert seen(rita.get(page)) == list(SECRETS)
    assert seen(bob.get(page)) == []
    for _ in range(3):  # the page refreshes itself
        rita.get(page, headers=SCRIPT)
    assert Entry.objects.filter(action="personal.view").count() == 1
    rita.get(page)
    assert Entry.objects.filter(action="personal.view").count() == 2
