"""After a decision: the next question of the view, in its order, in one round trip."""

from datetime import timedelta

import pytest
from django.utils import timezone

from escalations.models import Escalation
from operations.states import Reason, Status
from tests.console.test_decide import decide, hidden, make_failed, read
from tests.make import make_escalation, make_operation

OLDEST = "order=oldest"


@pytest.fixture
def three(db: None) -> list[Escalation]:
    """Questions of one, two and three hours ago, the oldest first."""
    found = [make_failed(created_at=timezone.now() - timedelta(hours=hours)) for hours in (3, 2, 1)]
    for place, escalation in enumerate(found):
        Escalation.objects.filter(pk=escalation.pk).update(rank=-place)  # the most urgent is the newest
        escalation.refresh_from_db()
    return found


def page(escalation: Escalation, view: str = "") -> str:
    return f"/console/escalations/{escalation.pk}" + (f"?view={view.replace('=', '%3D')}" if view else "")


def test_the_next_question_is_the_next_of_the_view(rita, three):
    first, second, _ = three
    _, form = read(rita, first)

    response = decide(rita, first, "retry", form, view=OLDEST)

    assert response["Location"] == page(second, OLDEST)


def test_without_a_view_the_most_urgent_first_is_the_order(rita, three):
    _, second, third = three

    assert decide(rita, third, "retry", read(rita, third)[1])["Location"] == page(second)


def test_after_the_last_comes_the_first_that_was_left_out(rita, three):
    first, _, third = three

    assert decide(rita, third, "retry", read(rita, third)[1], view=OLDEST)["Location"] == page(first, OLDEST)


def test_the_filters_of_the_view_hold(rita, three):
    other = make_escalation(make_operation(status=Status.ESCALATING), reason=Reason.BAD_PLAN)
    view = f"reason={Reason.STEP_FAILED}&{OLDEST}"

    for escalation in three:
        response = decide(rita, escalation, "retry", read(rita, escalation)[1], view=view)

    assert response["Location"] == f"/console/escalations?{view}"
    assert other.status == "open"


def test_what_another_is_at_is_passed_over(rita, three):
    first, second, third = three
    second.claim("bob")

    assert decide(rita, first, "retry", read(rita, first)[1], view=OLDEST)["Location"] == page(third, OLDEST)


def test_where_none_is_left_the_queue_says_so(rita):
    escalation = make_failed()

    response = rita.post(f"{page(escalation)}/decide", read(rita, escalation)[1] | {"decision": "retry"}, follow=True)

    assert response.redirect_chain == [("/console/escalations", 302)]
    assert "Nothing waits for you." in response.content.decode()


def test_with_scripts_the_answer_to_the_decision_is_the_next_page(rita, three):
    first, second, _ = three
    form = read(rita, first)[1] | {"decision": "retry", "view": OLDEST, "reason": "it was away", "steps": "E2"}

    response = rita.post(f"{page(first)}/decide", form, headers={"hx-request": "true"})

    text = response.content.decode()
    assert response.status_code == 200
    assert response["HX-Push-Url"] == page(second, OLDEST)
    assert f'action="/console/escalations/{second.pk}/decide"' in text
    assert "it was away</textarea>" not in text
    assert "hx-swap-oob" not in text
    assert "<title>" in text
    assert f"Runs again: {first.operation_id}." in text
    assert hidden(text)["decision_id"] != form["decision_id"]


def test_with_scripts_a_refusal_is_the_page_as_it_is_now(rita, bob, three):
    first = three[0]
    _, form = read(rita, first)
    decide(bob, first, "retry", read(bob, first)[1])

    response = rita.post(
        f"{page(first)}/decide", form | {"decision": "reject", "reason": "no"}, headers={"hx-request": "true"}
    )

    assert response.status_code == 409
    assert "bob was quicker: retry." in response.content.decode()
    assert '<main id="main"' in response.content.decode()


def test_with_scripts_and_none_left_the_browser_is_sent_to_the_queue(rita):
    escalation = make_failed()
    form = read(rita, escalation)[1] | {"decision": "retry", "view": OLDEST}

    response = rita.post(f"{page(escalation)}/decide", form, headers={"hx-request": "true"})

    assert response["HX-Redirect"] == f"/console/escalations?{OLDEST}"


@pytest.mark.parametrize(
    "view", ["order=nonsense", "values=%3B", "//evil.example", "\x00", "a" * 5000, "order=oldest\r\nX: 1"]
)
def test_a_view_that_is_none_leads_to_a_question_all_the_same(rita, three, view):
    first = three[0]

    response = decide(rita, first, "retry", read(rita, first)[1], view=view)

    assert response.status_code == 302
    assert response["Location"].startswith("/console/escalations/esc-")
    assert rita.get(response["Location"]).status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_queue(rita, django_assert_max_num_queries):
    first = make_failed()
    Escalation.objects.bulk_create(
        Escalation(operation=first.operation, reason=Reason.STEP_FAILED, message="x", steps=["E2"]) for _ in range(300)
    )
    form = read(rita, first)[1] | {"decision": "retry"}

    with django_assert_max_num_queries(110):
        response = rita.post(f"{page(first)}/decide", form, headers={"hx-request": "true"})

    assert response.status_code == 200
