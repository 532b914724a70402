"""Taking a decision back while nothing has come of it."""

import pytest
from django.test import Client

from escalations.deciding.applying import apply_due
from escalations.deciding.undo import undo
from escalations.models import Conflict, DecisionError
from tests.console.deciding import at_once, events, state, take, time_passes
from tests.console.test_decide import decide, hidden, make_failed, read
from tests.make import make_person

pytestmark = pytest.mark.usefixtures("time_to_undo")


def test_the_next_page_offers_to_take_the_decision_back(rita, bob):
    escalation = make_failed()

    decide(rita, escalation, "retry", read(rita, escalation)[1])

    page = rita.get("/console/escalations").content.decode()
    assert f"Runs again: {escalation.operation_id}." in page
    assert 'data-key="z"' in page
    assert "data-undo" not in bob.get("/console/escalations").content.decode()

    time_passes()
    assert "data-undo" not in rita.get("/console/escalations").content.decode()


def test_what_is_taken_back_is_open_again_and_in_the_hands_of_who_decided(rita):
    escalation = make_failed()
    decide(rita, escalation, "retry", read(rita, escalation)[1])

    response = rita.post(f"/console/escalations/{escalation.pk}/undo", {"view": "order=oldest"})

    assert response["Location"] == f"/console/escalations/{escalation.pk}?view=order%3Doldest"
    assert state(escalation) == ("open", "escalating")
    assert (escalation.holder(), escalation.revision, escalation.decided_at) == ("rita", 3, None)
    decision = escalation.decisions.get()
    assert (decision.undone_by, decision.applied_at) == ("rita", None)
    assert events(escalation.operation)[-2:] == ["decided", "taken_back"]

    time_passes()
    apply_due()
    assert state(escalation) == ("open", "escalating")

    decide(rita, escalation, "approve", read(rita, escalation)[1])
    assert state(escalation)[0] == "decided"


def test_too_late_is_said_and_changes_nothing(rita):
    escalation = make_failed()
    decide(rita, escalation, "retry", read(rita, escalation)[1])
    time_passes()
    apply_due()

    response = rita.post(f"/console/escalations/{escalation.pk}/undo")

    assert response.status_code == 409
    assert "Too late to take it back" in response.content.decode()
    assert state(escalation) == ("decided", "executing")


def test_taken_back_twice_is_taken_back_once(rita):
    escalation = make_failed()
    decision = take(escalation)

    undo(decision, who="rita")

    with pytest.raises(Conflict, match="rita has taken it back already"):
        undo(decision, who="rita")
    assert events(escalation.operation).count("taken_back") == 1


def test_only_who_decided_or_an_administrator_takes_it_back(rita, bob):
    escalation = make_failed()
    decision = take(escalation)

    refused = bob.post(f"/console/escalations/{escalation.pk}/undo")
    assert refused.status_code == 409
    assert "Only rita, who decided, can take this back." in refused.content.decode()
    with pytest.raises(DecisionError):
        undo(decision, who="bob")

    admin = Client()
    admin.force_login(make_person("ada", is_superuser=True, is_staff=True))
    assert admin.post(f"/console/escalations/{escalation.pk}/undo").status_code == 302
    assert state(escalation)[0] == "open"
    assert escalation.holder() == "rita"


def test_where_nothing_was_decided_there_is_nothing_to_take_back(rita):
    response = rita.post(f"/console/escalations/{make_failed().pk}/undo")

    assert response.status_code == 409
    assert "Nothing was decided here yet." in response.content.decode()


def test_without_a_window_it_takes_effect_at_once_and_stays(rita, settings):
    settings.UNDO_SECONDS = 0
    escalation = make_failed()

    decide(rita, escalation, "retry", read(rita, escalation)[1])

    assert state(escalation) == ("decided", "executing")
    assert escalation.decisions.get().applied_at is not None
    assert rita.post(f"/console/escalations/{escalation.pk}/undo").status_code == 409


@pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
def test_taken_back_and_carried_out_at_once_is_one_of_the_two():
    for _ in range(5):
        escalation = make_failed()
        decision = take(escalation)
        time_passes()

        refused = at_once(lambda decision=decision: undo(decision, who="rita"), apply_due)
        apply_due()

        assert state(escalation) == (("decided", "executing") if refused else ("open", "escalating"))


def test_a_double_click_on_the_decision_can_be_taken_back_once(rita):
    escalation = make_failed()
    page, form = read(rita, escalation)
    assert hidden(page) == form

    for _ in range(2):
        decide(rita, escalation, "retry", form)

    assert rita.post(f"/console/escalations/{escalation.pk}/undo").status_code == 302
    assert state(escalation)[0] == "open"
