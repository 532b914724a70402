"""The escalations API: the review queue, and answering what is in it."""

import uuid

from django.shortcuts import get_object_or_404
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from escalations.deciding.allowed import NotAllowed, decide_as
from escalations.deciding.claims import claim
from escalations.known import know_questions
from escalations.models import Conflict, DecisionError, Escalation, EscalationQuerySet
from escalations.representation import decision_json, escalation_json
from escalations.schema import escalations_schema
from escalations.serializers import ClaimRequest, DecisionRequest, EscalationFilters
from escalations.talk.api import TalkActions
from operations import rights
from operations.masking.api import MaskedForPeople
from operations.pagination import OldestFirst
from operations.permissions import name_of, takes
from operations.problems import Problem, as_api_error


@as_api_error.register
def _(error: DecisionError) -> exceptions.APIException:
    return Problem(422, str(error), field=error.field)


@as_api_error.register
def _(error: NotAllowed) -> exceptions.APIException:
    return exceptions.PermissionDenied(str(error))


@escalations_schema
class EscalationViewSet(MaskedForPeople, TalkActions, ViewSet):
    """Questions to a person; the first answer wins."""

    permission_classes = takes(rights.DECIDE, to_change=True)
    lookup_value_regex = r"[\w.-]+"

    def list(self, request: Request) -> Response:
        filters = EscalationFilters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)

        pages = OldestFirst()
        rows = self._visible(request).filter(**filters.lookups())
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([escalation_json(escalation) for escalation in page])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(escalation_json(self._get(request, pk)))

    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        body = ClaimRequest(data=request.data)
        body.is_valid(raise_exception=True)
        claim(self._get(request, pk), name_of(request.user), **body.validated_data)
        return Response(escalation_json(self._get(request, pk)))

    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        self._get(request, pk).release(name_of(request.user))
        return Response(escalation_json(self._get(request, pk)))

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        body = DecisionRequest(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        decision = decide_as(
            request.user,
            self._get(request, pk),
            body.answer(),
            revision=given["revision"],
            decision_id=given.get("decision_id") or str(uuid.uuid4()),
            take_over=given["take_over"],
        )

        escalation = self._get(request, pk)
        shown = {"escalation": escalation_json(escalation), "decision": decision_json(decision)}
        return Response(shown | {"operation_status": escalation.operation.status, "effect": decision.effect})

    def handle_exception(self, error: Exception) -> Response:
        """Who was too late is shown what happened meanwhile."""
        if isinstance(error, Conflict):
            escalation = self._get(self.request, self.kwargs["pk"])
            error = Problem(409, str(error), more={"escalation": escalation_json(escalation)})
        return super().handle_exception(error)

    def know(self, pk: str) -> None:
        know_questions([pk])

    def _visible(self, request: Request) -> EscalationQuerySet:
        rows = Escalation.objects.visible_to(request.user)
        return rows.select_related("operation").prefetch_related("decisions", "approvals")

    def _get(self, request: Request, pk: str) -> Escalation:
        return get_object_or_404(self._visible(request), pk=pk)
