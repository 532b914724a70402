"""/schema describes the API completely and truly; /docs shows it without the internet."""

import re
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import yaml
from django.contrib.staticfiles import finders
from django.utils import timezone
from drf_spectacular.validation import validate_schema

from operations import ledger
from operations.models import Operation, Step
from tests.api.conftest import Caller
from tests.make import make_escalation, make_operation
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db

CALLS = {
    ("get", "/audit"),
    ("get", "/health"),
    ("get", "/metrics"),
    ("get", "/operations"),
    ("post", "/operations"),
    ("get", "/operations/{id}"),
    ("get", "/operations/{id}/events"),
    ("get", "/operations/{id}/model-calls"),
    ("get", "/operations/{id}/evidence"),
    ("post", "/operations/{id}/cancel"),
    ("post", "/operations/{id}/retry"),
    ("post", "/operations/{id}/ring"),
    ("get", "/escalations"),
    ("get", "/escalations/{id}"),
    ("post", "/escalations/{id}/claim"),
    ("post", "/escalations/{id}/release"),
    ("post", "/escalations/{id}/decide"),
    ("get", "/escalations/{id}/comments"),
    ("post", "/escalations/{id}/comments"),
    ("post", "/escalations/{id}/assign"),
    ("get", "/performance/durations"),
    ("get", "/performance/statements"),
    ("get", "/performance/stuck"),
    ("get", "/performance/vitals"),
    ("get", "/usage"),
    ("get", "/workers"),
    ("post", "/workers"),
    ("get", "/workers/{id}"),
    ("patch", "/workers/{id}"),
    ("delete", "/workers/{id}"),
    ("post", "/workers/{id}/reset"),
}


@pytest.fixture
def schema(eve: Caller) -> Any:
    return yaml.safe_load(eve.get("/schema").content)


def test_it_is_valid_and_has_every_call(schema: Any) -> None:
    validate_schema(schema)

    assert schema["openapi"].startswith("3.1")
    assert {(method, path) for path, calls in schema["paths"].items() for method in calls} - {
        ("get", "/schema")
    } == CALLS


def test_every_call_but_health_names_its_refusals_and_needs_credentials(schema: Any) -> None:
    for method, path in CALLS - {("get", "/health")}:
        call = schema["paths"][path][method]
        problem = call["responses"]["401"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}, path
        assert call["security"] == [{"bearer": []}, {"apiKey": []}, {"session": []}], path
        assert call["summary"]


def test_the_headers_of_a_post_are_described(schema: Any) -> None:
    call = schema["paths"]["/operations"]["post"]

    assert {one["name"] for one in call["parameters"]} == {"Prefer", "Idempotency-Key"}
    assert set(call["responses"]["202"]["headers"]) == {"Location", "Preference-Applied"}


def test_real_answers_are_as_described(schema: Any, rita: Caller, mender: Caller, admin: Caller) -> None:
    escalation = make_escalation()
    operation = make_operation(admin.row, metadata={"a": None})
    Step.objects.create(operation=operation, step_id="E1", position=1, worker="florida_data", action="download")
    RegisteredWorker.objects.create(name="plant", url="http://x")
    decision = {"decision": "approve", "revision": 1, "decision_id": "d"}

    _check(schema, "get", "/operations", admin.get("/operations"))
    _check(schema, "get", "/operations/{id}", admin.get(f"/operations/{operation.pk}"))
    _check(schema, "get", "/operations/{id}/events", admin.get(f"/operations/{operation.pk}/events"))
    ledger.record(operation, operation.steps.get(), [{"model": "gpt-4o", "prompt_tokens": 9}, {"model": "ours"}])
    _check(schema, "get", "/operations/{id}/model-calls", admin.get(f"/operations/{operation.pk}/model-calls"))
    _check(schema, "get", "/usage", admin.get("/usage"))
    Step.objects.update(result={"rows": [1, 2]}, status="completed")
    _check(schema, "get", "/operations/{id}/evidence", admin.get(f"/operations/{operation.pk}/evidence?ref=E1.rows"))
    _check(schema, "get", "/operations/{id}/evidence", admin.get(f"/operations/{operation.pk}/evidence?ref=x"), 400)
    _check(schema, "get", "/escalations", rita.get("/escalations"))
    comments = f"/escalations/{escalation.pk}/comments"
    _check(schema, "post", "/escalations/{id}/comments", rita.send(comments, {"text": "Look, @bib"}), 201)
    _check(schema, "get", "/escalations/{id}/comments", rita.get(comments))
    assign = f"/escalations/{escalation.pk}/assign"
    _check(schema, "post", "/escalations/{id}/assign", rita.send(assign, {"person": ""}))
    _check(schema, "post", "/escalations/{id}/assign", rita.send(assign, {"person": "bib"}), 422)
    _check(schema, "post", "/escalations/{id}/claim", admin.send(f"/escalations/{escalation.pk}/claim"), 403)
    _check(schema, "post", "/escalations/{id}/decide", rita.send(f"/escalations/{escalation.pk}/decide", decision))
    _check(schema, "get", "/escalations/{id}", rita.get(f"/escalations/{escalation.pk}"))
    _check(schema, "get", "/workers", admin.get("/workers"))
    _check(schema, "get", "/performance/durations", admin.get("/performance/durations"))
    _check(schema, "get", "/performance/statements", admin.get("/performance/statements"))
    _check(schema, "get", "/performance/vitals", admin.get("/performance/vitals"))
    Operation.objects.filter(pk=operation.pk).update(wake_at=timezone.now() - timedelta(minutes=2))
    _check(schema, "get", "/performance/stuck", admin.get("/performance/stuck"))
    _check(schema, "post", "/operations/{id}/ring", mender.send(f"/operations/{operation.pk}/ring"))
    RegisteredWorker.objects.update(failures=7)
    _check(schema, "post", "/workers/{id}/reset", mender.send("/workers/plant/reset", {"failures": 7}))
    _check(schema, "post", "/workers/{id}/reset", mender.send("/workers/plant/reset", {"failures": 7}), 409)
    _check(schema, "post", "/operations", admin.send("/operations", {"operation_type": 1}), 400)
    _check(schema, "get", "/operations/{id}", admin.get("/operations/none"), 404)


def _check(schema: Any, method: str, path: str, response: Any, status: int = 200) -> None:
    assert response.status_code == status
    content = schema["paths"][path][method]["responses"][str(status)]["content"]
    described = content[response.headers["Content-Type"]]["schema"]
    jsonschema.validate(response.json(), {**described, "components": schema["components"]})
    component = schema["components"]["schemas"][described["$ref"].rpartition("/")[2]]
    assert set(response.json()) <= set(component["properties"])


def test_the_page_needs_nothing_from_elsewhere(eve: Caller) -> None:
    page = eve.get("/docs").content.decode()

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [address for address in addresses if "//" in address] == []
    files = [address.removeprefix("/static/") for address in addresses if address.startswith("/static/")]
    assert len(files) >= 3
    assert all(finders.find(file) for file in files)
