"""Whatever is made of the OpenAPI document, the API answers as the document says, and never with a 5xx.

A few thousand cases here; `python -m benchmarks.schema_probe` sends as many as one likes.
"""

import pytest

from operations.models import Operation
from operations.states import StepStatus
from tests.make import make_escalation, make_key, make_operation
from tests.operations import plant
from tests.probes import schema_cases
from tests.probes.conftest import SCOPES, Target
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

SEED = 20261021


def rows() -> Operation:
    """Something for each call to find."""
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9", manifest=plant.worker.manifest())
    for _ in range(3):
        make_escalation()
    operation = make_operation(metadata={"ticket": 4711})
    given = {"worker": "plant", "action": "numbers", "status": StepStatus.COMPLETED}
    operation.steps.create(step_id="E1", position=1, result={"rows": [1, 2, {"a": "b"}]}, **given)
    return operation


def test_cases_made_of_the_document_are_answered_as_it_says(target: Target) -> None:
    rows()

    outcome = schema_cases.run(target.url, make_key(*SCOPES)[1], examples=4, seed=SEED)

    assert (outcome.failures, outcome.errors) == ({}, [])
    assert outcome.cases > 1000
    assert not [status for status in outcome.statuses if status >= 500]
    assert {200, 400, 401, 404, 405, 422} <= set(outcome.statuses)  # they got past the door


def test_a_key_without_scopes_is_answered_as_the_document_says_too(target: Target) -> None:
    rows()

    outcome = schema_cases.run(target.url, make_key()[1], examples=1, seed=SEED)

    assert (outcome.failures, outcome.errors) == ({}, [])
    assert outcome.statuses[403] > 50
