"""Outside readers may poll Redis for an operation: the API's answer, for an hour after its last change."""

import json

import pytest
import redis

from operations import acts
from operations.live import announcer
from operations.models import Operation
from operations.representation import operation_json
from tests.operations.conftest import Settle, post, step

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def snapshot(client: redis.Redis, operation: Operation) -> dict:
    announcer.flush()
    kept = client.get(f"operation:{operation.pk}")
    assert isinstance(kept, bytes)
    return json.loads(kept)


def test_it_is_there_from_the_start_and_follows_to_the_end(settle: Settle, private_redis: redis.Redis) -> None:
    operation = post([step("E1", "numbers")])
    assert snapshot(private_redis, operation)["status"] == "planning"

    settle(operation)

    kept = snapshot(private_redis, operation)
    expected = json.loads(json.dumps(operation_json(operation, operation.steps.all())))
    assert kept == expected
    assert kept["steps"][0]["result"] == {"numbers": [1, 2, 3]}
    assert 3500 < private_redis.ttl(f"operation:{operation.pk}") <= 3600


def test_what_happens_from_outside_is_seen_too(settle: Settle, private_redis: redis.Redis) -> None:
    operation = post([step("E1", "numbers")])

    acts.cancel(Operation.objects.get(pk=operation.pk), actor="alice")

    kept = snapshot(private_redis, operation)
    assert kept["status"] == "cancelled"
    assert [one["status"] for one in kept["steps"]] == []


def test_an_older_state_never_replaces_a_newer_one(settle: Settle, private_redis: redis.Redis) -> None:
    operation = post([step("E1", "numbers")])
    stale = Operation.objects.get(pk=operation.pk)
    stale.know_steps([])
    settle(operation)
    announcer.flush()

    announcer.put(stale.pk, True, stale)

    assert snapshot(private_redis, operation)["status"] == "completed"
