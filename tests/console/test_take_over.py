"""Being at an escalation: claims, their renewal while the page is open, and taking over with a reason."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from escalations.deciding import claims, decisions
from escalations.deciding.decisions import Answer
from escalations.models import CLAIM, Conflict, Escalation, Kind, Notice
from tests.console.deciding import at_once
from tests.console.test_decide import decide, hidden, make_failed, read
from tests.make import make_key


def post(browser: Client, escalation: Escalation, verb: str, **fields: str) -> Any:
    response = browser.post(f"/console/escalations/{escalation.pk}/{verb}", fields)
    escalation.refresh_from_db()
    return response


def test_reading_does_not_claim(rita):
    escalation = make_failed()

    read(rita, escalation)

    escalation.refresh_from_db()
    assert escalation.holder() == ""


def test_who_types_is_at_it_and_decides_on_what_he_read(rita):
    escalation = make_failed()
    _, form = read(rita, escalation)

    assert post(rita, escalation, "hold").status_code == 204

    assert escalation.holder() == "rita"
    assert escalation.claimed_at is not None
    assert decide(rita, escalation, "retry", form).status_code == 302


def test_what_was_claimed_and_given_back_is_still_what_was_read(rita, bob):
    escalation = make_failed()
    _, form = read(rita, escalation)

    post(bob, escalation, "claim")
    post(bob, escalation, "release")

    assert decide(rita, escalation, "retry", form).status_code == 302
    assert escalation.decisions.get().decided_by == "rita"


@pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
def test_of_two_who_claim_at_once_exactly_one_is_at_it():
    escalation = make_failed()
    read_by = [Escalation.objects.get(pk=escalation.pk) for _ in range(2)]

    conflicts = at_once(lambda: claims.claim(read_by[0], "rita"), lambda: claims.claim(read_by[1], "bob"))

    assert len(conflicts) == 1
    escalation.refresh_from_db()
    assert escalation.holder() in ("rita", "bob")


def test_who_claims_between_anothers_reading_and_deciding_is_not_passed_over(db):
    escalation = make_failed()
    seen = Escalation.objects.get(pk=escalation.pk)
    escalation.claim("bob")

    with pytest.raises(Conflict, match="bob is at it until"):
        decisions.decide(seen, Answer(Kind.RETRY), who="rita", revision=seen.revision, decision_id="d-1")

    assert not escalation.decisions.exists()


def test_an_open_page_keeps_the_claim_and_changes_nothing_that_was_read(rita):
    escalation: Any = make_failed()
    post(rita, escalation, "hold")
    began, revision = escalation.claimed_at, escalation.revision
    Escalation.objects.filter(pk=escalation.pk).update(claimed_until=timezone.now() + timedelta(seconds=9))

    post(rita, escalation, "hold")

    assert escalation.claimed_until - timezone.now() > CLAIM - timedelta(minutes=1)
    assert (escalation.claimed_at, escalation.revision) == (began, revision)


def test_a_claim_that_ran_out_begins_anew(rita):
    escalation: Any = make_failed()
    post(rita, escalation, "hold")
    began = escalation.claimed_at
    Escalation.objects.filter(pk=escalation.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))

    post(rita, escalation, "hold")

    assert escalation.holder() == "rita"
    assert escalation.claimed_at > began


def test_typing_takes_nothing_away_from_another(rita, bob):
    escalation = make_failed()
    post(rita, escalation, "hold")

    refused = post(bob, escalation, "hold")

    assert refused.status_code == 409
    assert refused.json()["error"].startswith("rita is at it until")
    assert escalation.holder() == "rita"


def test_what_is_decided_is_held_no_more(rita, bob):
    escalation = make_failed()
    decide(rita, escalation, "retry", read(rita, escalation)[1])

    assert post(bob, escalation, "hold").status_code == 409


def test_taking_over_needs_a_reason(rita, bob):
    escalation = make_failed()
    post(rita, escalation, "claim")

    refused = post(bob, escalation, "claim", take_over="on", reason=" ")

    assert refused.status_code == 422
    assert "Say why you take it over: who is at it will read this." in refused.content.decode()
    assert escalation.holder() == "rita"


def test_who_held_it_is_told_who_took_it_over_and_why(rita, bob):
    escalation = make_failed()
    post(rita, escalation, "claim")

    assert post(bob, escalation, "claim", take_over="on", reason="it is urgent").status_code == 302

    assert escalation.holder() == "bob"
    notice = Notice.objects.get()
    assert (notice.person, notice.kind, notice.actor, notice.text) == ("rita", "take_over", "bob", "it is urgent")
    event = escalation.operation.events.latest("id")
    assert (event.kind, event.message, event.actor) == ("taken_over", "bob took over from rita: it is urgent", "bob")


def test_taking_over_what_nobody_is_at_is_a_claim(rita):
    escalation = make_failed()

    post(rita, escalation, "claim", take_over="on", reason="in case")

    assert escalation.holder() == "rita"
    assert not Notice.objects.exists()


def test_the_page_of_another_asks_for_the_reason(rita, bob):
    escalation = make_failed()
    post(rita, escalation, "claim")

    page, _ = read(bob, escalation)

    assert "data-held" in page
    assert 'id="take-over-reason"' in page
    assert "data-mine" in read(rita, escalation)[0]


@pytest.mark.parametrize("reason", ["", "a machine knows better"])
def test_a_client_takes_over_through_the_api(rita, reason):
    escalation = make_failed()
    post(rita, escalation, "claim")
    key, token = make_key("decide")

    response = Client().post(
        f"/escalations/{escalation.pk}/claim",
        {"take_over": True} | ({"reason": reason} if reason else {}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert response.json()["claimed_by"] == key.name
    assert Notice.objects.get(person="rita").text == reason


def test_a_decision_over_anothers_claim_tells_him(rita, bob):
    escalation = make_failed()
    post(rita, escalation, "claim")
    page, form = read(bob, escalation)
    assert hidden(page) == form

    decide(bob, escalation, "retry", form, take_over="on", reason="she left")

    assert Notice.objects.get(person="rita").text == "she left"
    kinds = list(escalation.operation.events.values_list("kind", flat=True))
    assert kinds[-2:] == ["taken_over", "executing"]
