"""GET /metrics: what Prometheus collects."""

from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from escalations.models import Escalation
from tests.api.conftest import Caller
from tests.make import make_escalation, make_operation
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db


def collected(caller: Caller) -> dict[str, float]:
    text = caller.get("/metrics").content.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def test_the_state_is_counted(alice: Caller) -> None:
    make_operation()
    make_operation()
    Escalation.objects.filter(pk=make_escalation().pk).update(created_at=timezone.now() - timedelta(hours=1))
    RegisteredWorker.objects.create(name="plant", url="http://x", healthy=True)
    RegisteredWorker.objects.create(name="other", url="http://x", healthy=False)

    found = collected(alice)

    assert found["concord_operations data_pipeline planning"] == 2
    assert found["concord_operations data_pipeline escalating"] == 1
    assert found["concord_operations_ready"] == 2
    assert found["concord_escalations_open"] == 1
    assert found["concord_escalation_oldest_seconds"] == pytest.approx(3600, abs=60)
    assert found["concord_worker_healthy plant"] == 1
    assert found["concord_worker_healthy other"] == 0
    assert found["concord_queue_rings"] == 0


def test_the_model_calls_of_today_are_counted(alice: Caller) -> None:
    calls = make_operation().model_calls
    calls.create(purpose="planning", model="m", prompt_tokens=700, completion_tokens=50)
    calls.create(purpose="planning", model="m", error="timeout: no answer", prompt_tokens=700)
    calls.create(purpose="planning", model="m", prompt_tokens=9, created_at=timezone.now() - timedelta(days=1))

    found = collected(alice)

    assert found["concord_model_tokens_today planning"] == 1450
    assert found["concord_model_calls_today planning"] == 2
    assert found["concord_model_calls_failed_today planning"] == 1


def test_an_empty_queue_has_no_oldest(alice: Caller) -> None:
    assert collected(alice)["concord_escalation_oldest_seconds"] == 0
