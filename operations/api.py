"""The operations API: ask for work, wait for it, look at it, stop it, try it again."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from operations import acts
from operations.canonical import canonical
from operations.models import Operation, Superseded
from operations.pagination import AsItHappened, NewestFirst
from operations.permissions import client_of, name_of
from operations.preferences import preference
from operations.representation import event_json, operation_json
from operations.schema import operations_schema
from operations.serializers import OperationFilters, OperationRequest

WAIT_HEADER = "Concord-Wait"  # for concord.waiting, which keeps it to itself
LONGEST_KEY = 200
TRIES = 5


@operations_schema
class OperationViewSet(ViewSet):
    """Operations are made, watched and acted on; never edited or deleted."""

    lookup_value_regex = r"[\w.-]+"

    def create(self, request: Request) -> Response:
        body = OperationRequest(data=request.data)
        body.is_valid(raise_exception=True)

        operation, is_new = acts.submit(
            body.validated_data,
            client_of(request),
            key=_idempotency_key(request),
            body_digest=hashlib.sha256(canonical(request.data)).hexdigest(),
            actor=name_of(request.user),
        )

        steps = operation.steps.none() if is_new else operation.steps.all()
        return _accepted(operation, operation_json(operation, steps), request)

    def list(self, request: Request) -> Response:
        filters = OperationFilters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)

        pages = NewestFirst()
        rows = Operation.objects.visible_to(request.user).filter(**filters.lookups())
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([operation_json(operation) for operation in page])

    def retrieve(self, request: Request, pk: str) -> Response:
        operation = self._get(request, pk)
        status = 202 if operation.is_moving and _was_waited_for(request) else 200
        return Response(operation_json(operation, operation.steps.all()), status)

    @action(detail=True)
    def events(self, request: Request, pk: str) -> Response:
        pages = AsItHappened()
        page = pages.paginate_queryset(self._get(request, pk).events.all(), request, view=self) or []
        return pages.get_paginated_response([event_json(event) for event in page])

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._act(acts.cancel, request, pk)

    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        return self._act(acts.retry, request, pk)

    def _get(self, request: Request, pk: str) -> Operation:
        return get_object_or_404(Operation.objects.visible_to(request.user), pk=pk)

    def _act(self, act: Callable[..., None], request: Request, pk: str) -> Response:
        """Do it, and look again where a queue worker changed the operation in between."""
        for attempt in range(1, TRIES + 1):
            operation = self._get(request, pk)
            try:
                act(operation, actor=name_of(request.user))
                break
            except Superseded:
                if attempt == TRIES:
                    raise
        return Response(operation_json(operation, operation.steps.all()))


def _accepted(operation: Operation, shown: dict[str, Any], request: Request) -> Response:
    """200 for an operation that rests already; else 202, which concord.waiting may hold back for a while."""
    prefer = preference(request.headers.get("Prefer", ""))
    headers = {"Location": operation.get_absolute_url(), "Vary": "Prefer"}
    if prefer.applied:
        headers["Preference-Applied"] = prefer.applied
    if not operation.is_moving:
        return Response(shown, 200, headers=headers)
    if prefer.seconds > 0:
        headers[WAIT_HEADER] = f"{operation.pk} {prefer.seconds:g}"
    return Response(shown, 202, headers=headers)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ValidationError({"Idempotency-Key": [f"At most {LONGEST_KEY} printable characters."]})
    return key


def _was_waited_for(request: Request) -> bool:
    """Did concord.waiting ask, at the end of a wait?"""
    return bool(getattr(request._request, "scope", {}).get("concord.waited"))
