"""What comes first in the queue, why, and other orders at a click."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from escalations import urgency
from escalations.models import Escalation
from escalations.queue.ordering import ORDERS
from operations import approval
from operations.models import Operation
from operations.models.types import TypeSetting
from operations.states import Reason, Status
from tests.console.test_queue import QUEUE, ids_shown, text
from tests.make import make_escalation, make_operation
from workers import registry
from workers.models import RegisteredWorker

HOUR = timedelta(hours=1)


@pytest.fixture
def loader(db):
    """A worker that reads, loads and destroys."""
    actions = [
        {"name": "look", "read_only": True, "destructive": False},
        {"name": "load", "read_only": False, "destructive": False},
        {"name": "wipe", "read_only": False, "destructive": True},
    ]
    RegisteredWorker.objects.create(name="loader", url="http://127.0.0.1:9", manifest={"actions": actions})
    registry.forget()


def ask_about(action: str, **fields) -> Escalation:
    operation = Operation.objects.get(pk=make_operation(status=Status.ESCALATING, **fields).pk)
    operation.steps.create(step_id="E1", position=1, worker="loader", action=action)
    found = [{"step": "E1", "rule": "the step completes", "message": "connection refused"}]
    approval.ask(operation, Reason.STEP_FAILED, "E1 failed", found, ["E1"])
    return operation.escalations.get()


def test_what_is_at_stake_comes_before_what_only_reads(rita, loader):
    looks, loads, wipes = (ask_about(action) for action in ("look", "load", "wipe"))

    assert ids_shown(rita.get(QUEUE)) == [wipes.pk, loads.pk, looks.pk]


def test_a_higher_priority_and_less_confidence_come_first(rita, loader):
    usual = ask_about("load")
    urgent = ask_about("load", priority=9)
    sure = ask_about("load", confidence_score=0.65)

    assert ids_shown(rita.get(QUEUE)) == [urgent.pk, usual.pk, sure.pk]


def test_four_hours_of_waiting_weigh_as_much_as_twice_the_risk(rita):
    now = timezone.now()
    twice = make_escalation(make_operation(priority=10), created_at=now - 3 * HOUR)
    older = make_escalation(make_operation(priority=5), created_at=now - 7.5 * HOUR)
    younger = make_escalation(make_operation(priority=5), created_at=now - 6.5 * HOUR)

    assert ids_shown(rita.get(QUEUE)) == [older.pk, twice.pk, younger.pk]


def test_the_same_confidence_is_less_sure_where_the_type_asks_for_more(rita):
    TypeSetting.objects.create(operation_type="entity_sync", confidence_threshold=0.95)
    TypeSetting.objects.create(operation_type="custom", confidence_threshold=0.5)
    nearly = make_escalation(make_operation(operation_type="custom"), confidence_score=0.45)
    far = make_escalation(make_operation(operation_type="entity_sync"), confidence_score=0.5)

    page = rita.get(QUEUE)

    assert ids_shown(page) == [far.pk, nearly.pk]
    assert "confidence 0.45, 0.05 below the threshold of 0.50: uncertainty 0.33" in text(page)
    assert "confidence 0.50, 0.45 below the threshold of 0.95: uncertainty 0.61" in text(page)


def test_the_threshold_that_applied_stays_with_the_question(rita):
    setting = TypeSetting.objects.create(operation_type="custom", confidence_threshold=0.5)
    make_escalation(make_operation(operation_type="custom"), confidence_score=0.45)
    setting.confidence_threshold = 0.9
    setting.save()

    assert "0.05 below the threshold of 0.50" in text(rita.get(QUEUE))


@pytest.mark.parametrize(
    ("confidence", "threshold", "uncertainty"),
    [(0, 0.7, 1), (0.35, 0.7, 0.625), (0.7, 0.7, 0.25), (0.85, 0.7, 0.125), (1, 0.7, 0.05), (0, 0, 0.25), (1, 1, 0.05)],
)
def test_uncertainty_falls_from_all_to_a_quarter_at_the_threshold_and_on(confidence, threshold, uncertainty):
    assert urgency.unsureness(confidence, threshold) == pytest.approx(uncertainty)


def test_the_urgency_is_explained_in_words(rita, loader):
    escalation = ask_about("load", priority=8, confidence_score=0.58)
    Escalation.objects.filter(pk=escalation.pk).update(created_at=timezone.now() - 4 * HOUR)

    page = text(rita.get(QUEUE))

    sure = "confidence 0.58, 0.12 below the threshold of 0.70: uncertainty 0.38"
    words = f"Priority 8, loads data: risk 2.4 × {sure} × waited 4.0 h: 2.0"  # noqa: RUF001
    assert f'title="{words}' in page
    assert f"<p>{words}" in page


def test_a_question_that_grows_keeps_its_age_and_gets_its_new_weight(rita, loader):
    escalation = ask_about("look")
    operation = escalation.operation
    operation.steps.create(step_id="E2", position=2, worker="loader", action="wipe")
    approval.ask(operation, Reason.STEP_FAILED, "E2 failed", [{"step": "E2", "message": "no answer"}], ["E2"])

    grown = operation.escalations.get()

    assert grown.risk == 2 * escalation.risk
    assert grown.created_at == escalation.created_at
    assert grown.rank == pytest.approx(escalation.rank - 4 * 3600, abs=1)


def test_questions_from_before_get_their_place_and_cause(rita, loader):
    escalation = ask_about("wipe", priority=10)
    was = (escalation.risk, escalation.uncertainty, escalation.cause)
    Escalation.objects.update(risk=1, uncertainty=1, rank=0, cause="")

    import_module("escalations.migrations.0008_urgency_of_old").judge_old(apps, None)

    now = Escalation.objects.get()
    assert (now.risk, now.uncertainty, now.cause) == was
    assert now.rank == pytest.approx(escalation.rank, abs=1)


def test_other_orders_are_a_click_away(rita):
    now = timezone.now()
    old = make_escalation(created_at=now - 9 * HOUR, confidence_score=0.6)
    young = make_escalation(created_at=now, confidence_score=0.5)
    unsure = make_escalation(created_at=now - HOUR, confidence_score=0.1)

    assert ids_shown(rita.get(f"{QUEUE}?order=oldest")) == [old.pk, unsure.pk, young.pk]
    assert ids_shown(rita.get(f"{QUEUE}?order=newest")) == [young.pk, unsure.pk, old.pk]
    assert ids_shown(rita.get(f"{QUEUE}?order=unsure")) == [unsure.pk, young.pk, old.pk]
    links = re.findall(r'href="\?(?:order=(\w+))?"[^>]*>\s*(?:Most|Old|New|Least)', text(rita.get(QUEUE)))
    assert links == ["", "oldest", "newest", "unsure"]


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_comes_in_pages_that_lose_and_repeat_nothing(rita, order):
    now = timezone.now()
    made = {make_escalation(created_at=now - (number % 3) * HOUR).pk for number in range(53)}

    first = rita.get(f"{QUEUE}?order={order}")
    [more] = re.findall(r'href="(\?[^"]+)">More', text(first))
    second = rita.get(QUEUE + more.replace("&amp;", "&"))

    shown = [*ids_shown(first), *ids_shown(second)]
    assert len(shown) == 53
    assert set(shown) == made


def test_an_order_that_there_is_not_is_said_with_those_there_are(rita):
    response = rita.get(f"{QUEUE}?order=random")

    assert response.status_code == 422
    assert "there is no “random”. Choose one of urgent, oldest, newest, unsure." in text(response)
