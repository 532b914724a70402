"""`GET /audit`: the audit trail in pages, newest first."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.audit import names
from operations.audit.models import ActorKind, Entry
from operations.audit.representation import entry_json
from operations.fields import Moment, StrictSerializer, Text
from operations.pagination import CursorPages
from operations.permissions import takes
from operations.schema import refusals
from operations.shapes import Shape, page_of
from operations.trail.choosing import FILTERS, chosen


class Newest(CursorPages):
    ordering = ("-id",)


class EntryFilters(StrictSerializer):
    """Which entries. The last ones where nothing is said."""

    actor = Text(required=False, max_length=150, help_text="A name, a kind such as `person`, or `client:7`")
    action = Text(required=False, max_length=64, help_text="Such as `escalation.decide`; `escalation.` for all of it")
    target = Text(required=False, max_length=150, help_text="A kind, an id or a name, or such as `operation:op-…`")
    operation = Text(required=False, max_length=40, help_text="All about this operation")
    request = Text(required=False, max_length=128, help_text="All by the request with this X-Request-Id")
    cursor = Text(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="Results on a page: 50")

    def get_fields(self) -> dict[str, Any]:
        since = Moment(required=False, help_text="From this day or time on (UTC where it does not say)")
        until = Moment(required=False, help_text="Before this day or time")
        return {"since": since, "until": until, **super().get_fields()}


class EntryShape(Shape):
    """An entry of the audit trail. `sequence`, `previous` and `hash` are null or empty until it is sealed."""

    id = serializers.IntegerField()
    sequence = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()
    actor_kind = serializers.ChoiceField(ActorKind.choices)
    actor_id = serializers.CharField(allow_blank=True)
    actor = serializers.CharField(help_text="The name as it is now; it is not part of the chain")
    action = serializers.CharField()
    target_kind = serializers.CharField(allow_blank=True)
    target_id = serializers.CharField(allow_blank=True)
    target = serializers.CharField(allow_blank=True)
    before = serializers.JSONField()
    after = serializers.JSONField()
    address = serializers.CharField(allow_blank=True)
    request_id = serializers.CharField(allow_blank=True)
    operation_id = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    previous = serializers.CharField(allow_blank=True)
    hash = serializers.CharField(allow_blank=True)


@extend_schema(
    summary="The audit trail, newest first",
    description="Who did what to what, before and after, from where. Takes the scope `audit`, or the permission.",
    tags=["audit"],
    parameters=[EntryFilters],
    responses={200: page_of(EntryShape), **refusals(400)},
)
@api_view(["GET"])
@permission_classes(takes(rights.AUDIT))
def audit(request: Request) -> Response:
    filters = EntryFilters(data=request.query_params.dict())
    filters.is_valid(raise_exception=True)
    given = filters.validated_data
    asked = {name: given.get(name, "") for name in FILTERS}

    pages = Newest()
    rows = chosen(asked, given.get("since"), given.get("until"))
    page: list[Entry] = pages.paginate_queryset(rows, request) or []
    names.label(page)
    return pages.get_paginated_response([entry_json(entry) for entry in page])
