"""A model's plan that proved itself serves the next operation of the kind, which then spends no tokens on planning."""

import pytest
from django.test import Client
from pytest_django import Settings

from escalations.deciding.decisions import Answer, decide
from escalations.models import Kind
from operations.models import Operation, PlanCache
from operations.states import Status
from tests.api.conftest import Caller
from tests.make import make_key, make_person
from tests.metrics import collected
from tests.operations.conftest import Settle
from tests.operations.scripts import LINES, SUMS, Script, add_up, goal, result, script, sums
from workers import registry
from workers.models import RegisteredWorker

__all__ = ["script", "sums"]

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("sums"),
]


def test_the_second_operation_of_a_kind_asks_no_model(settle: Settle, script: Script) -> None:
    model = script(SUMS)
    first = settle(add_up(upto=3))
    second = settle(add_up(upto=4))

    assert [first.plan_source, second.plan_source] == ["rewoo", "cache"]
    assert len(model.calls) == 1
    assert second.token_usage == 0
    assert result(second, "E1") == {"numbers": [1, 2, 3, 4]}
    assert second.events.filter(message="Planned 4 steps from the cache").exists()
    assert PlanCache.objects.get().hits == 1


def test_values_written_out_by_the_model_are_not_kept(settle: Settle, script: Script) -> None:
    model = script(["E1=numbers(upto=3)", *SUMS[1:]])
    settle(add_up(upto=3))
    second = settle(add_up(upto=4))

    assert second.plan_source == "cache"
    assert len(model.calls) == 1
    assert second.steps.get(step_id="E1").arguments == {"upto": 4}


def test_a_goal_is_known_again_by_its_exact_words(settle: Settle, script: Script) -> None:
    script(LINES)
    words = ["Add the numbers.", "Add the numbers.", "Add the numbers!"]

    assert [settle(goal(text)).plan_source for text in words] == ["rewoo", "cache", "rewoo"]


def test_other_parameters_make_another_kind(settle: Settle, script: Script) -> None:
    model = script(SUMS)
    settle(add_up(upto=3))
    settle(add_up(upto=3, careful=True))

    assert len(model.calls) == 2


def test_a_plan_that_did_not_complete_is_not_used_again(settle: Settle, script: Script) -> None:
    script(["E1=refuse()"])
    for _ in range(2):
        operation = settle(goal("Try it."))
        assert (operation.status, operation.plan_source) == (Status.ESCALATING, "rewoo")

    assert not PlanCache.objects.filter(proven_at__isnull=False).exists()


def test_a_plan_whose_result_a_person_rejected_is_dropped(settle: Settle, script: Script) -> None:
    model = script(SUMS)
    settle(add_up(upto=3))
    second = settle(add_up(upto=9))  # a value above the limit
    assert (second.plan_source, second.status) == ("cache", Status.ESCALATING)
    asked = second.escalations.open().get()
    decide(asked, Answer(Kind.REJECT, "wrong"), who="rita", revision=asked.revision, decision_id="no")

    third = settle(add_up(upto=3))

    assert third.plan_source == "rewoo"
    assert len(model.calls) == 2


def test_when_a_worker_can_do_something_else_it_is_planned_anew(settle: Settle, script: Script) -> None:
    model = script(SUMS)
    settle(add_up(upto=3))
    row = RegisteredWorker.objects.get(name="plant")
    for action in row.manifest["actions"]:
        action["description"] += " More carefully now."
    row.save()
    registry.forget()

    settle(add_up(upto=3))

    assert len(model.calls) == 2


def test_a_cached_plan_that_does_not_fit_any_more_is_made_anew(settle: Settle, script: Script) -> None:
    model = script(SUMS)
    settle(add_up(upto=3))
    PlanCache.objects.update(lines=["E1=numbers(upto=$upto)", "E2=refuse()"])

    second = settle(add_up(upto=3))

    assert second.status == Status.COMPLETED
    assert second.plan_source == "rewoo"
    assert len(model.calls) == 2
    assert PlanCache.objects.get().lines == SUMS


def test_how_often_it_helped_is_told(settle: Settle, script: Script) -> None:
    script(SUMS)
    for upto in (1, 2, 3, 4):
        settle(add_up(upto=upto))

    found = collected(Caller(make_key("metrics")[1]))

    assert found["concord_plans_total cache"] == 3
    assert found["concord_plans_total rewoo"] == 1
    assert found["concord_plan_cache_hits_total"] == 3
    assert found["concord_plan_cache_entries"] == 1


def test_an_admin_sees_the_plans_and_lets_go_of_one(settle: Settle, script: Script, client: Client) -> None:
    script(SUMS)
    for upto in (1, 2):
        settle(add_up(upto=upto))
    client.force_login(make_person("anna", is_staff=True, is_superuser=True))

    page = client.get("/admin/operations/plancache/").content.decode()
    row = PlanCache.objects.get()
    client.post(f"/admin/operations/plancache/{row.pk}/delete/", {"post": "yes"})

    assert "1 of 2 plans came from here (50%)" in page
    assert not PlanCache.objects.exists()
    assert Operation.objects.filter(plan_source="cache").count() == 1


def test_there_is_an_end_to_what_is_kept(settle: Settle, script: Script, settings: Settings) -> None:
    from operations.planning import cache

    script(LINES)
    old = [PlanCache(key=str(number), operation_type="custom", lines=[], model="m") for number in range(cache.MOST)]
    PlanCache.objects.bulk_create(old)

    settle(goal())

    assert PlanCache.objects.count() == cache.MOST
