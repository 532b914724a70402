"""What one caller finds: an operation with a question about it, of his own or of another, and all that is asked for."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User

from escalations.models import Escalation, SavedView
from operations.models import ApiKey, Operation, PlanCache, Step, TypeSetting
from operations.states import Status
from tests.make import make_escalation, make_operation
from workers.models import RegisteredWorker
from workers.warehouse.models import Release

START_FORM = {"type": "data_pipeline", "p-counties": "Duval", "p-file_types": "SDF", "p-test": "on"}
REASON = {"reason": "because"}


@dataclass
class World:
    """``operation`` waits for a person; ``ended`` has failed, so that it can be taken up again."""

    operation: Operation
    escalation: Escalation
    ended: Operation
    view: SavedView
    username: str

    @classmethod
    def of(cls, client: ApiKey | None, person: User | None, username: str = "") -> "World":
        """What belongs to this key or person."""
        operation, ended = (make_operation(client, person=person) for _ in range(2))
        step = operation.steps.create(step_id="E1", position=1, worker="plant", action="look", result={"rows": [1]})
        ended.move_to(Status.FAILED, "so")
        escalation = make_escalation(operation, steps=[step.step_id])
        view = SavedView.objects.create(owner=username or "another", name=uuid.uuid4().hex, query="")
        return cls(operation, escalation, ended, view, username)

    def value(self, path: str, parameter: str) -> Any:
        """What stands in the address ``path`` for ``parameter``."""
        if path.startswith("/admin/"):
            return admin_value(path, parameter)
        if parameter in ("pk", "operation_id", "name", "escalation_id"):
            return self._main(path)
        release = Release.objects.first()
        county = release.county_no if release else 1
        given = {"step_id": "E1", "view_id": self.view.pk, "batch_id": "b" * 32}
        given |= {"folder": "parcels", "county": county, "year": "current", "identity": "P1"}
        return given[parameter]

    def _main(self, path: str) -> Any:
        if "/workers/" in path:
            return "plant"
        if "/releases/" in path:
            return Release.objects.order_by("pk").last().pk  # type: ignore[union-attr]
        if "/escalations/" in path:
            return self.escalation.pk
        return self.ended.pk if path.endswith("/retry") else self.operation.pk

    def json(self, method: str, path: str) -> Any:
        """The body of a call of the API."""
        decision = {"decision": "reject", "reason": "so", "revision": self.escalation.revision}
        bodies = {
            "/operations": {"operation_type": "data_pipeline", "parameters": {"counties": ["Duval"]}},
            "/workers": {"name": "another", "url": "http://127.0.0.1:9"},
            "/workers/{id}": {"enabled": True},
            "/workers/{id}/reset": {"failures": 5},
            "/escalations/{id}/decide": decision,
            "/escalations/{id}/comments": {"text": "so"},
            "/escalations/{id}/assign": {"person": ""},
        }
        return bodies.get(path, {}) if method != "GET" else None

    def form(self, path: str) -> dict[str, Any]:
        """What a page of the console posts."""
        decision = {"decision": "reject", "reason": "so", "revision": self.escalation.revision}
        forms: dict[str, dict[str, Any]] = {
            "/console/operations/new/start": START_FORM,
            "/console/operations/new/plan": START_FORM,
            "/console/escalations/{id}/decide": decision | {"decision_id": uuid.uuid4().hex},
            "/console/escalations/{id}/comment": {"text": "so"},
            "/console/escalations/{id}/assign": {"whom": "me"},
            "/console/escalations/views": {"name": "mine"},
            "/console/escalations/views/{id}": {"name": "mine"},
        }
        return forms.get(path, REASON)


def admin_value(path: str, parameter: str) -> Any:
    """Of the admin's pages: a row of the model that the address names."""
    if parameter == "app_label":
        return "operations"
    _, _, app, model, *_ = path.split("/")
    known: dict[str, Any] = {"user": User.objects.filter(username="looked-at"), "group": Group.objects}
    known |= {"apikey": ApiKey.objects, "typesetting": TypeSetting.objects}
    known |= {
        "registeredworker": RegisteredWorker.objects,
        "operation": Operation.objects,
        "step": Step.objects,
        "plancache": PlanCache.objects,
    }
    known |= {"escalation": Escalation.objects}
    rows = known.get(model, apps.get_model(app, model)._default_manager)
    row = rows.all().first()
    return row.pk if row else 1
