"""The performance API: durations for everybody's own operations; figures and statements for who may read all."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.fields import Moment, StrictSerializer, refuse_query
from operations.models import Operation
from operations.performance import durations as measured
from operations.performance import stuck as gone_quiet
from operations.performance import vitals as vital_signs
from operations.performance.shapes import DurationsShape, StatementsShape, StuckShape, VitalsShape
from operations.permissions import takes
from operations.representation import iso
from operations.schema import refusals
from operations.states import OperationType
from workers import databases

DAY = timedelta(days=1)


class Window(StrictSerializer):
    """Which operations: by when they were created. The last day where nothing is said."""

    since = Moment(required=False)
    until = Moment(required=False)
    operation_type = serializers.ChoiceField(OperationType.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.setdefault("until", timezone.now())
        since = attrs.setdefault("since", until - DAY)
        if since >= until:
            raise serializers.ValidationError({"since": ["since must be before until."]})
        return attrs


class Most(StrictSerializer):
    """How many."""

    limit = serializers.IntegerField(default=10, min_value=1, max_value=100)


@extend_schema(
    summary="How long operations and their steps took",
    description="Of the operations that this client may see.",
    tags=["performance"],
    parameters=[Window],
    responses={200: DurationsShape, **refusals()},
)
@api_view(["GET"])
def durations(request: Request) -> Response:
    asked = Window(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    window = dict(asked.validated_data)
    since, until = window.pop("since"), window.pop("until")
    rows = Operation.objects.visible_to(request.user).filter(**window)
    return Response({"since": iso(since), "until": iso(until), **measured.measure(rows, since, until)})


@extend_schema(
    summary="The operations that nobody has come for",
    description="They should move, nobody holds them, and a queue worker is overdue by more than a minute.",
    tags=["performance"],
    responses={200: StuckShape, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(rights.SEE_ALL))
def stuck(request: Request) -> Response:
    refuse_query(request)
    return Response(gone_quiet.find(timezone.now()))


@extend_schema(
    summary="How the database, Redis and the queue are doing",
    tags=["performance"],
    responses={200: VitalsShape, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(rights.SEE_ALL))
def vitals(request: Request) -> Response:
    refuse_query(request)
    return Response(vital_signs.measure())


@extend_schema(
    summary="The statements that took Concord's database most time",
    description="From PostgreSQL's pg_stat_statements, since its statistics began.",
    tags=["performance"],
    parameters=[Most],
    responses={200: StatementsShape, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(rights.SEE_ALL))
def statements(request: Request) -> Response:
    asked = Most(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    return Response(databases.slowest(connection, asked.validated_data["limit"]))
