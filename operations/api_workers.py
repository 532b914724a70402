"""The registry's API: which workers there are, where they are, and how they are."""

import re
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from operations import rights
from operations.audit.recording import record
from operations.fields import StrictSerializer, Text, Truth, Whole, refuse_query
from operations.permissions import takes
from operations.problems import Problem
from operations.representation import iso
from operations.schema import workers_schema_for
from workers import outgoing, registry
from workers.models import RegisteredWorker

Json = dict[str, Any]

ADDRESS = re.compile(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?(/[\w./~-]*)?", re.ASCII)


class WorkerChange(StrictSerializer):
    """Where a worker is, and whether it may be called."""

    url = Text(max_length=300)
    enabled = Truth(default=True)

    def validate_url(self, value: str) -> str:
        if not ADDRESS.fullmatch(value):
            raise serializers.ValidationError("An http or https address such as http://host:8001, without login or ?.")
        try:
            outgoing.check_worker(value)
        except outgoing.NotAllowed as error:
            raise serializers.ValidationError(str(error)) from error
        return value.rstrip("/")


class WorkerRequest(WorkerChange):
    """A worker to register."""

    name = serializers.RegexField(r"^[a-z][a-z0-9_]{0,63}$", help_text="As plans name it")


class WorkerReset(StrictSerializer):
    """The circuit as it was seen, so that a call that failed since is not forgotten."""

    failures = Whole(min_value=1, help_text="How many calls in a row had failed")


@workers_schema_for(WorkerRequest, WorkerChange, WorkerReset)
class WorkerViewSet(ViewSet):
    """Everybody who may call the API may look; changing takes the scope `admin`, closing a circuit `mend`."""

    permission_classes = takes(rights.ADMINISTER, to_change=True)
    lookup_value_regex = r"\w+"

    def list(self, request: Request) -> Response:
        refuse_query(request)
        rows = [worker_json(row) for row in RegisteredWorker.objects.all()]
        return Response({"next": None, "previous": None, "results": rows})

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(worker_json(_get(pk)))

    def create(self, request: Request) -> Response:
        body = WorkerRequest(data=request.data)
        body.is_valid(raise_exception=True)
        name = body.validated_data.pop("name")
        row, is_new = RegisteredWorker.objects.get_or_create(name=name, defaults=body.validated_data)
        if not is_new:
            raise Problem(409, f"There is a worker {name!r} already. PATCH /workers/{name} changes it.", field="name")
        _look_at(row)
        return Response(worker_json(row), 201, headers={"Location": f"/workers/{name}"})

    def partial_update(self, request: Request, pk: str) -> Response:
        row = _get(pk)
        body = WorkerChange(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        if body.validated_data.get("url", row.url) != row.url:
            row.manifest, row.failures, row.open_until = {}, 0, None
        for name, value in body.validated_data.items():
            setattr(row, name, value)
        row.save(update_fields=["url", "enabled", "manifest", "failures", "open_until"])
        _look_at(row)
        return Response(worker_json(row))

    @action(detail=True, methods=["post"], permission_classes=takes(rights.MEND))
    def reset(self, request: Request, pk: str) -> Response:
        row = _get(pk)
        body = WorkerReset(data=request.data)
        body.is_valid(raise_exception=True)
        seen = body.validated_data["failures"]
        with transaction.atomic():
            closed = registry.close(row.name, seen)
            if closed:
                record("worker.reset", row, before={"failures": seen}, after={"failures": 0})
        if not closed:
            raise Problem(409, f"The worker {pk!r} does not have {seen} failed calls in a row now; look at it again.")
        return Response(worker_json(_get(pk)))

    def destroy(self, request: Request, pk: str) -> Response:
        _get(pk).delete()
        registry.forget()
        return Response(status=204)


def _get(name: str) -> RegisteredWorker:
    return get_object_or_404(RegisteredWorker, pk=name)


def _look_at(row: RegisteredWorker) -> None:
    """Ask the worker how it is, so that who registered it sees at once whether the address is right."""
    registry.refresh(row)
    registry.forget()


def worker_json(row: RegisteredWorker) -> Json:
    return {
        "name": row.name,
        "url": row.url,
        "enabled": row.enabled,
        "healthy": row.healthy,
        "error": row.error or None,
        "checked_at": iso(row.checked_at),
        "failures": row.failures,
        "open_until": iso(row.open_until),
        "version": row.manifest.get("version"),
        "actions": row.manifest.get("actions", []),
    }
