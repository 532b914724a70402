"""Questions of one cause: shown as one row, and decided at once, each on its own."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from escalations.causes import cause_of
from escalations.models import Decision, Escalation
from operations.states import Reason, Status
from tests.console.test_queue import QUEUE, ids_shown, text
from tests.make import make_auditor, make_escalation, make_operation

DECIDE = f"{QUEUE}/decide"


def broken(county: str, rows: int, **fields) -> Escalation:
    rule = f"the roll of {county} has at least 1000 rows"
    found = [{"step": "E2", "rule": rule, "message": f"{rule}, but is {rows}"}]
    return make_escalation(reason=Reason.RULE_FAILED, message=found[0]["message"], findings=found, **fields)


def ticked(*escalations: Escalation) -> list[str]:
    return [f"{escalation.pk}:{escalation.revision}" for escalation in escalations]


def decide(browser, decision: str, chosen: list[str] | None = None, **more):
    given = {"decision": decision, "reason": "", "batch": uuid.uuid4().hex, "query": "", **more}
    return browser.post(DECIDE, given | {"chosen": chosen or []})


def test_the_same_cause_is_alike_whatever_the_county_id_and_number():
    def cause(text: str) -> str:
        return cause_of("rule_failed", [{"rule": text}], [])

    first = cause("the roll of Broward County has 1,204 rows in op-20261124-1a2b3c4d")
    assert first == cause("the roll of Palm Beach has 7 rows in op-20260102-99ffaa00")
    assert first.startswith("A validation rule failed: the roll of … has")
    assert first != cause("the roll of Broward has an owner for each parcel")


def test_a_cause_is_never_too_long_and_long_ones_stay_apart():
    long = "word " * 100
    first, second = (cause_of("rule_failed", [{"rule": long + end}, {"rule": f"{end} {long}"}], []) for end in "ab")

    assert len(first) <= 200
    assert first != second


def test_one_row_per_cause_says_how_many_and_since_when(rita):
    now = timezone.now()
    for number, county in enumerate(("Broward", "Duval", "Lee")):
        broken(county, number, created_at=now - timedelta(hours=number))
    make_escalation(created_at=now - timedelta(minutes=5))

    page = text(rita.get(f"{QUEUE}?group=cause"))

    assert page.count('name="causes"') == 2
    assert 'data-label="Questions" class="number">3<' in page
    assert "2 h ago" in page


def test_a_group_opens_to_its_questions(rita):
    same = [broken("Broward", 1), broken("Duval", 2)]
    make_escalation()
    groups = rita.get(f"{QUEUE}?group=cause").context["page"].rows
    [group] = [group for group in groups if group.count == 2]

    assert ids_shown(rita.get(f"{QUEUE}?{group.address}")) == [escalation.pk for escalation in same]


def test_very_many_causes_come_in_pages(rita):
    for number in range(27):
        make_escalation(cause=f"cause {number:02}")

    first = rita.get(f"{QUEUE}?group=cause")
    second = rita.get(f"{QUEUE}?{first.context['more']}")

    shown = [group.cause for response in (first, second) for group in response.context["page"].rows]
    assert sorted(shown) == [f"cause {number:02}" for number in range(27)]


def test_what_is_ticked_is_decided_each_on_its_own(rita):
    first, second, other = broken("Broward", 1), broken("Duval", 2), broken("Lee", 3)

    response = decide(rita, "approve", ticked(first, second), reason="known gap", batch="a" * 32)

    assert response["Location"] == f"{QUEUE}/batches/{'a' * 32}"
    made = Decision.objects.order_by("pk")
    assert [decision.escalation_id for decision in made] == [first.pk, second.pk]
    assert {(decision.batch, decision.reason, decision.decided_by) for decision in made} == {
        ("a" * 32, "known gap", "rita")
    }
    other.refresh_from_db()
    assert other.status == Escalation.Status.OPEN
    assert "Done: 2" in text(rita.get(response["Location"]))


def test_sent_twice_it_is_decided_once(rita):
    escalation = broken("Broward", 1)
    chosen = ticked(escalation)

    for _ in range(2):
        assert decide(rita, "approve", chosen, batch="b" * 32).status_code == 302

    assert Decision.objects.count() == 1


def test_a_whole_group_is_decided_as_far_as_it_was_there(rita):
    first = broken("Broward", 1)
    until = timezone.now().isoformat()
    late = broken("Duval", 2, created_at=timezone.now() + timedelta(seconds=1))

    decide(rita, "retry", causes=first.cause, until=until)

    assert Decision.objects.get().escalation_id == first.pk
    late.refresh_from_db()
    assert late.status == Escalation.Status.OPEN


def test_a_group_is_decided_within_the_view_that_is_shown(rita):
    mine = broken("Broward", 1, assigned_to="rita")
    broken("Duval", 2)

    decide(rita, "approve", causes=mine.cause, until=timezone.now().isoformat(), query="assigned=me")

    assert Decision.objects.get().escalation_id == mine.pk


def test_what_could_not_be_done_is_said_with_the_reason(rita):
    fine = broken("Broward", 1)
    plan = make_escalation(make_operation(status=Status.ESCALATING), reason=Reason.BAD_PLAN)
    taken, changed, gone = broken("Duval", 2), broken("Lee", 3), broken("Leon", 4)
    taken.claim("bob")
    chosen = ticked(fine, plan, taken, changed, gone)
    Escalation.objects.filter(pk=changed.pk).update(revision=2)
    Escalation.objects.filter(pk=gone.pk).update(status=Escalation.Status.WITHDRAWN)

    page = text(decide(rita, "approve", [*chosen, "esc-0:1"]))

    assert "Done: 1" in page
    assert "Not done: 5" in page
    assert "&#x27;approve&#x27; is not offered here" in page
    assert "bob is at it" in page
    assert "It has changed since you read it" in page
    assert "ended or gone on without an answer" in page
    assert "It is not there." in page


def test_rejecting_many_takes_a_reason_and_keeps_what_was_ticked(rita):
    [chosen] = ticked(broken("Broward", 1))

    response = decide(rita, "reject", [chosen])

    assert response.status_code == 422
    assert "Say why it is rejected" in text(response)
    assert "checked" in text(response).split(chosen, 1)[1][:300]
    assert not Decision.objects.exists()


@pytest.mark.parametrize("given", [{}, {"decision": "edit"}, {"batch": "x"}, {"query": "least=1000"}])
def test_what_makes_no_sense_decides_nothing(rita, given):
    broken("Broward", 1)

    assert decide(rita, **{"decision": "approve", **given}).status_code == 422
    assert not Decision.objects.exists()


@pytest.fixture
def window(settings):
    """A decision can be taken back for a minute."""
    settings.UNDO_SECONDS = 60


def test_all_can_be_taken_back_or_each_on_its_own(rita, window):
    made = [broken(county, 1) for county in ("Broward", "Duval", "Lee")]
    page = decide(rita, "reject", ticked(*made), reason="not ours")["Location"]
    first = Decision.objects.order_by("pk")[0]

    rita.post(f"{page}/undo", {"decision": first.pk})
    assert Decision.objects.filter(undone_by="rita").get() == first

    rita.post(f"{page}/undo")
    assert Decision.objects.filter(undone_by="rita").count() == 3
    assert text(rita.get(page)).count("taken back by") == 3
    assert set(ids_shown(rita.get(QUEUE))) == {escalation.pk for escalation in made}


def test_the_note_takes_all_back_that_were_decided_at_once(rita, window):
    made = [broken("Broward", 1), broken("Duval", 2)]
    decide(rita, "approve", ticked(*made), batch="c" * 32)
    page = text(rita.get(QUEUE))
    [address] = re.findall(r'class="note success undo".*?action="([^"]+)"', page, re.S)
    assert "Undo all 2" in page

    taken = text(rita.post(address, follow=True))

    assert "Taken back: 2. They are in your hands again." in taken
    assert set(Decision.objects.values_list("undone_by", flat=True)) == {"rita"}
    assert Escalation.objects.open().count() == 2


def test_of_many_there_is_time_to_read_what_came_of_them(rita, settings):
    settings.UNDO_SECONDS, settings.UNDO_BATCH_SECONDS = 5, 20
    decide(rita, "approve", ticked(broken("Broward", 1)))

    decision: Any = Decision.objects.get()

    assert timedelta(seconds=20) <= decision.effective_at - decision.created_at < timedelta(seconds=21)


def test_nobody_takes_back_what_another_decided(rita, bob, window):
    page = decide(rita, "approve", ticked(broken("Broward", 1)))["Location"]

    response = bob.post(f"{page}/undo")

    assert "Only rita, who decided, can take this back." in text(response)
    assert not Decision.objects.filter(undone_at__isnull=False).exists()


def test_what_took_effect_cannot_be_taken_back(rita):
    page = decide(rita, "approve", ticked(broken("Broward", 1)))["Location"]
    assert "Take back" not in text(rita.get(page))

    assert "Too late" in text(rita.post(f"{page}/undo", follow=True))
    assert "Too late" in text(rita.post(f"{page}/undo", {"decision": Decision.objects.get().pk}))


def test_a_large_group_is_decided_in_parts(rita, monkeypatch):
    monkeypatch.setattr("escalations.queue.batch.MOST", 3)
    made = [broken("Broward", number) for number in range(5)]

    page = text(decide(rita, "approve", causes=made[0].cause, until=timezone.now().isoformat()))

    assert "Done: 3" in page
    assert "2 more of the group wait still" in page


def test_who_may_only_look_cannot_decide(client, db):
    client.force_login(make_auditor("sam"))
    escalation = broken("Broward", 1)

    assert decide(client, "approve", ticked(escalation)).status_code == 403
    assert 'name="chosen"' not in text(client.get(QUEUE))
