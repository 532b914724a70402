"""An ai_inference operation, as a client asks for it: POST /operations, planned by rules, run by the real worker."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from escalations.models import Kind
from operations.comparison.model_server import Reply
from operations.models import ApiKey, Operation, TypeSetting
from operations.planning import types
from operations.planning.types import BadParameters
from operations.states import Status
from tests.api.conftest import Caller, alice
from tests.operations.conftest import run_queue, settle, statuses
from tests.operations.scripts import Script, script
from tests.operations.test_ask_a_person import answer, question
from tests.serving import registered
from tests.workers.ai_ml.make import RULE, Json, in_store, make_roll, without_codes
from tests.workers.ai_ml.questions import load_roll
from tests.workers.performance.conftest import concord
from tests.workers.rolls import make_processed
from workers import ai_ml
from workers.contract import Call
from workers.florida_data.upload import upload
from workers.models import RegisteredWorker, Release
from workers.warehouse import releases

__all__ = ["alice", "concord", "run_queue", "script", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

Infer = Callable[..., Operation]


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The real worker takes the place of the test worker."""
    with registered(ai_ml.worker) as url:
        yield url


@pytest.fixture
def infer(alice: Caller, settle: Callable[..., Operation]) -> Infer:
    """Post an ai_inference operation with these parameters, and run it until it rests."""

    def post(**parameters: Any) -> Operation:
        body = {"operation_type": "ai_inference", "parameters": parameters}
        response = alice.send("/operations", body, Prefer="respond-async")
        assert response.status_code == 202, response.json()
        return settle(Operation.objects.get(pk=response.json()["operation_id"]), 60)

    return post


def result_of(operation: Operation) -> Json:
    assert operation.result is not None, operation.error
    return operation.result


def test_unsure_use_codes_wait_for_a_person_in_one_question(infer: Infer) -> None:
    operation = infer(rows=in_store(without_codes(make_roll())), threshold=0.95)

    assert operation.status == Status.ESCALATING, operation.error
    [step] = operation.steps.all()
    assert step.result
    assert (step.worker, step.action) == ("ai_ml", "assign_use_codes")
    assert step.result["unsure"] > 0
    assert len(step.result["review_items"]) > 1


def test_codes_that_are_all_there_and_sound_complete(infer: Infer) -> None:
    operation = infer(rows=in_store(make_roll(400)), doubt_above=0.999)

    assert operation.status == Status.COMPLETED, (operation.error, operation.confidence)
    told = result_of(operation)["use_codes"]
    assert (told["parcels"], told["lacking"], told["looks_wrong"]) == (400, 0, 0)
    assert told["model"]["metrics"]["accuracy"] > told["model"]["metrics"]["majority"]


def test_rules_are_kept_through_the_same_door(infer: Infer) -> None:
    operation = infer(task="rules", rules=[RULE])

    assert operation.status == Status.COMPLETED, operation.error
    assert result_of(operation)["rules"]["in_force"] == 1


def test_what_is_odd_in_a_series_is_told(infer: Infer) -> None:
    operation = infer(task="monitoring", series={"rows a day": [100.0, 101.0, 99.0] * 10 + [3.0]})

    assert operation.status == Status.COMPLETED, (operation.error, operation.confidence)
    [anomaly] = result_of(operation)["monitoring"]["anomalies"]
    assert (anomaly["series"], anomaly["direction"], anomaly["value"]) == ("rows a day", "below", 3.0)


def test_a_question_is_answered_with_its_rows_and_the_query(infer: Infer) -> None:
    load_roll("NAL", parcels=60)

    operation = infer(task="question", question="how many parcels in Union?")

    assert operation.status == Status.COMPLETED, (operation.error, operation.confidence)
    told = result_of(operation)["question"]
    assert told["answer"] == "60 parcels of the newest rolls whose county is Union."
    assert (told["columns"], told["rows"], told["source"]) == (["count"], [[60]], "grammar")
    assert told["query"]["where"] == [{"field": "county", "op": "equals", "value": "Union"}]
    assert told["sql"].startswith("SELECT count(*)")


def test_what_a_model_took_to_understand_a_question_is_in_the_ledger(infer: Infer, script: Script) -> None:
    load_roll("NAL", parcels=60)
    TypeSetting.objects.update_or_create(operation_type="ai_inference", defaults={"planner": "rules"})
    made = {"function": "count", "field": None}
    query: Json = {"dataset": "parcels", "select": [], "where": [], "group_by": [], "aggregate": made, "order": None}
    server = script(Reply(text=json.dumps(query | {"limit": 20})))

    operation = infer(task="question", question="What is the size of it all, in parcels?")

    assert operation.status == Status.COMPLETED, (operation.error, operation.confidence)
    assert result_of(operation)["question"]["source"] == "model"
    [call] = operation.model_calls.all()
    assert (call.purpose, call.prompt_tokens + call.completion_tokens) == ("execution", server.tokens)


@pytest.fixture
def trouble(plant_url: str, concord: str) -> tuple[RegisteredWorker, Release]:
    """A worker whose circuit is open though it is well, and what a load left halfway two days ago."""
    ApiKey.objects.filter(name="performance").update(scopes=["read_all", "mend"])
    url = RegisteredWorker.objects.get(name="ai_ml").url
    tripped = RegisteredWorker.objects.create(name="shaken", url=url, failures=7, open_until=timezone.now())
    upload.run(Call(), {"processed": make_processed()})
    Release.objects.update(state="staged", created_at=timezone.now() - timedelta(days=2))
    return tripped, Release.objects.get()


def test_a_look_for_trouble_changes_nothing(infer: Infer, trouble: tuple[RegisteredWorker, Release]) -> None:
    operation = infer(task="healing", dry_run=True)

    assert operation.status == Status.COMPLETED, operation.error
    told = result_of(operation)["healing"]
    assert (len(told["found"]), told["done"], told["truncated"]) == (2, [], False)
    assert RegisteredWorker.objects.get(name="shaken").failures == 7
    assert Release.objects.get() == trouble[1]


def test_what_destroys_waits_for_a_person_while_the_rest_is_mended(
    infer: Infer, settle: Callable[..., Operation], trouble: tuple[RegisteredWorker, Release]
) -> None:
    operation = infer(task="healing")

    assert operation.status == Status.ESCALATING, operation.error
    assert statuses(operation) == {
        "E1": "completed",
        "E2": "completed",
        "E2[0]": "completed",
        "E3": "running",
        "E3[0]": "awaiting_approval",
    }
    assert RegisteredWorker.objects.get(name="shaken").failures == 0
    assert releases.count(trouble[1]) > 0
    asked = question(operation)
    [finding] = asked.findings
    assert asked.reason == "approval_needed"
    assert finding["arguments"]["act_on"][0]["target"] == f"sdf_{trouble[1].pk}"
    assert finding["label"] == f"drop_orphaned_staging sdf_{trouble[1].pk}"

    answer(operation, Kind.APPROVE)
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.error
    assert not Release.objects.exists()
    told = result_of(operation)["healing"]
    assert len(told["found"]) == 2
    assert [words.split()[0] for words in told["done"]] == ["Closed", "Removed"]


def test_healing_a_healthy_installation_is_done_at_once(infer: Infer, concord: str) -> None:
    operation = infer(task="healing", remedies=["ring_stuck_operations", "reset_circuit"], stale_after_days=30)

    assert operation.status == Status.COMPLETED, operation.error
    told = result_of(operation)["healing"]
    assert told["summary"] == ["Nothing was found that is to be mended."]
    assert (told["found"], told["done"]) == ([], [])


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"task": "poetry"}, "parameters.task", "one of use_codes, rules, monitoring"),
        ({"task": "healing", "remedies": "all"}, "parameters.remedies", "a list of ring_stuck_operations"),
        ({"task": "healing", "remedies": ["reboot"]}, "parameters.remedies.0", "is none of ring_stuck_operations"),
        ({"task": "healing", "stale_after_days": 1.5}, "parameters.stale_after_days", "a whole number from 1"),
        ({"task": "healing", "dry_run": "yes"}, "parameters.dry_run", "true or false"),
        ({"task": "healing", "act_on": []}, "parameters.act_on", "no parameter 'act_on'"),
        ({"dry_run": True}, "parameters.dry_run", "no parameter 'dry_run'"),
        ({"threshold": 1}, "parameters.threshold", "between 0 and 1"),
        ({"roll": "NAP"}, "parameters.roll", "one of NAL, SDF"),
        ({"rows": "all"}, "parameters.rows", "a dataset reference"),
        ({"task": "rules", "threshold": 0.5}, "parameters.threshold", "no parameter 'threshold'"),
        ({"task": "question"}, "parameters.question", "a text of 3 to 1000 characters"),
        ({"task": "question", "question": "?"}, "parameters.question", "a text of 3 to 1000 characters"),
        ({"task": "question", "question": "how many?", "limit": 101}, "parameters.limit", "from 1 to 100"),
        ({"task": "question", "question": "how many?", "roll": "SDF"}, "parameters.roll", "no parameter 'roll'"),
        ({"task": "rules", "rules": {}}, "parameters.rules", "a list of rules"),
    ],
)
def test_a_mistake_in_the_parameters_is_told_with_its_field(parameters: Json, field: str, words: str) -> None:
    with pytest.raises(BadParameters, match=words) as refusal:
        types.check("ai_inference", parameters)

    assert refusal.value.field == field
