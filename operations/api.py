"""The operations API: ask for work, wait for it, look at it, stop it, try it again, ring for it."""

import hashlib
import math
from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from operations import acts, lookup, rights
from operations.canonical import canonical
from operations.evidence import EvidenceError
from operations.masking.api import MaskedForPeople
from operations.masking.lists import know_operation
from operations.models import Operation, Superseded
from operations.pagination import AsItHappened, NewestFirst
from operations.permissions import check, client_of, name_of, person_of, takes
from operations.preferences import preference
from operations.representation import event_json, model_call_json, operation_json
from operations.schema import operations_schema
from operations.serializers import EvidenceQuery, OperationFilters, OperationRequest

WAIT_HEADER = "Concord-Wait"  # for concord.waiting, which keeps it to itself
LONGEST_KEY = 200
TRIES = 5


@operations_schema
class OperationViewSet(MaskedForPeople, ViewSet):
    """Operations are made, watched and acted on; never edited or deleted."""

    lookup_value_regex = r"[\w.-]+"

    def create(self, request: Request) -> Response:
        check(request, rights.START)
        body = OperationRequest(data=request.data)
        body.is_valid(raise_exception=True)
        check(request, rights.starting(body.validated_data["operation_type"]))

        operation, is_new = acts.submit(
            body.validated_data,
            client_of(request),
            person=person_of(request),
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

    @action(detail=True, url_path="model-calls")
    def model_calls(self, request: Request, pk: str) -> Response:
        pages = AsItHappened()
        page = pages.paginate_queryset(self._get(request, pk).model_calls.all(), request, view=self) or []
        return pages.get_paginated_response([model_call_json(call) for call in page])

    @action(detail=True)
    def evidence(self, request: Request, pk: str) -> Response:
        asked = EvidenceQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(_evidence(self._get(request, pk), asked.validated_data, request))

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._act(acts.cancel, request, pk)

    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        return self._act(acts.retry, request, pk)

    @action(detail=True, methods=["post"], permission_classes=takes(rights.MEND))
    def ring(self, request: Request, pk: str) -> Response:
        return self._act(acts.ring, request, pk, rights.MEND)

    def know(self, pk: str) -> None:
        know_operation(pk)

    def _get(self, request: Request, pk: str) -> Operation:
        return get_object_or_404(Operation.objects.visible_to(request.user), pk=pk)

    def _act(self, act: Callable[..., None], request: Request, pk: str, right: rights.Right | None = None) -> Response:
        """Do it, and look again where a queue worker changed the operation in between."""
        for attempt in range(1, TRIES + 1):
            operation = self._get(request, pk)
            check(request, right or rights.acting_on(operation, request.user))
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
    seconds = min(prefer.seconds, _in_force_for(request.user))
    if seconds > 0:
        headers[WAIT_HEADER] = f"{operation.pk} {seconds:g}"
    return Response(shown, 202, headers=headers)


def _in_force_for(caller: Any) -> float:
    """For how many seconds the key of this request will be taken: nobody is answered after that."""
    end = caller.ends_at(getattr(caller, "shown", "")) if rights.is_client(caller) else None
    return (end - timezone.now()).total_seconds() if end else math.inf


def _evidence(operation: Operation, asked: dict[str, Any], request: Request) -> dict[str, Any]:
    """A piece of what was asked for, and the address of the next one."""
    ref, offset = asked["ref"].removeprefix("#"), asked["offset"]
    try:
        piece = lookup.piece(lookup.look_up(operation, asked["ref"]), offset, asked.get("limit"))
    except lookup.BadReference as error:
        raise ValidationError({"ref": [str(error)]}) from error
    except EvidenceError as error:
        raise NotFound(str(error)) from error
    following = offset + piece.limit
    query = QueryDict(mutable=True)
    query.update({"ref": ref, "offset": str(following), "limit": str(piece.limit)})
    has_more = following < piece.total
    return {
        "ref": ref,
        "kind": piece.kind,
        "total": piece.total,
        "offset": offset,
        "value": piece.value,
        "next": request.build_absolute_uri(f"{request.path}?{query.urlencode()}") if has_more else None,
    }


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ValidationError({"Idempotency-Key": [f"At most {LONGEST_KEY} printable characters."]})
    return key


def _was_waited_for(request: Request) -> bool:
    """Did concord.waiting ask, at the end of a wait?"""
    return bool(getattr(request._request, "scope", {}).get("concord.waited"))
