"""The usage API: what model calls added up to, for whoever may read all operations."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations import usage as used
from operations.fields import Moment, StrictSerializer
from operations.models import ModelCall
from operations.permissions import takes
from operations.representation import iso
from operations.schema import refusals
from operations.shapes import UsageShape

MONTH = timedelta(days=30)


class Period(StrictSerializer):
    """Which calls, and how they are grouped. The last 30 days by type where nothing is said."""

    by = serializers.ChoiceField(list(used.BY), default="type")

    def get_fields(self) -> dict[str, Any]:
        """``from`` is no name for an attribute."""
        since = Moment(required=False, help_text="A day or a time (UTC where it does not say)")
        until = Moment(required=False, help_text="Before this day or time")
        return {"from": since, "to": until, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.setdefault("to", timezone.now())
        if attrs.setdefault("from", until - MONTH) >= until:
            raise serializers.ValidationError({"from": ["from must be before to."]})
        return attrs


@extend_schema(
    summary="What model calls added up to",
    description="Tokens and cost by operation type, day (UTC), purpose or model. A cost is null where a part of it is "
    "unknown. Takes the scope `read_all`.",
    parameters=[Period],
    responses={200: UsageShape, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(rights.SEE_ALL))
def usage(request: Request) -> Response:
    asked = Period(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    since, until, by = (asked.validated_data[name] for name in ("from", "to", "by"))
    calls = ModelCall.objects.filter(created_at__gte=since, created_at__lt=until)
    return Response(
        {
            "from": iso(since),
            "to": iso(until),
            "by": by,
            "results": used.grouped(calls, by),
            "total": used.total(calls),
            "limits": {
                "tokens_per_day": settings.TOKENS_PER_DAY or None,
                "usd_per_day": settings.USD_PER_DAY or None,
            },
        }
    )
