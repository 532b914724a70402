"""What a client may send to the operations API, checked before anything happens."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.fields import Moment, StrictSerializer, Text, Truth, Whole
from operations.planning import types
from operations.starting.described import parameters_schema
from operations.states import OperationType, Status

MOST_SECONDS = 86_400


@extend_schema_field(parameters_schema())
class Parameters(serializers.DictField):
    """What the operation type takes."""


class OperationRequest(StrictSerializer):
    """A new operation."""

    operation_type = serializers.ChoiceField(OperationType.choices)
    parameters = Parameters(default=dict)
    priority = Whole(default=5, min_value=1, max_value=10, help_text="10 is most urgent")
    timeout_seconds = Whole(
        required=False,
        min_value=1,
        max_value=MOST_SECONDS,
        help_text="From planning to validating, not counting the time that people take. 300 where nothing else is set",
    )
    require_validation = Truth(default=True)
    metadata = serializers.DictField(default=dict, help_text="The client's own notes; given back as they are")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        types.check(attrs["operation_type"], attrs["parameters"])
        attrs.setdefault("timeout_seconds", settings.OPERATION_TIMEOUT)
        return attrs


class EvidenceQuery(StrictSerializer):
    """What to look up in an operation's results."""

    ref = Text(max_length=500, help_text="A reference, such as `E2`, `E2.rows` or `E2[3].rows.17`; a # may lead")
    offset = serializers.IntegerField(default=0, min_value=0, help_text="Where to begin, from 0")
    limit = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="At most so many elements or entries (50), or characters of a text (20,000)",
    )


class OperationFilters(StrictSerializer):
    """Which operations to list. Several statuses are separated by commas."""

    status = Text(required=False)
    operation_type = serializers.ChoiceField(OperationType.choices, required=False)
    created_after = Moment(required=False)
    created_before = Moment(required=False)
    client = Text(required=False, help_text="The name of an API key")
    q = Text(required=False, help_text="Part of an operation's id")
    cursor = Text(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="Results on a page: 50")

    LOOKUPS = {
        "status": "status__in",
        "operation_type": "operation_type",
        "created_after": "created_at__gte",
        "created_before": "created_at__lt",
        "client": "client__name",
        "q": "pk__icontains",
    }

    def validate_status(self, value: str) -> list[str]:
        names = [name.strip() for name in value.split(",")]
        if unknown := [name for name in names if name not in Status.values]:
            known = ", ".join(Status.values)
            raise serializers.ValidationError(f"{unknown[0]!r} is no status; there are {known}.")
        return names

    def lookups(self) -> dict[str, Any]:
        """The filters as a queryset takes them."""
        given = self.validated_data
        return {lookup: given[name] for name, lookup in self.LOOKUPS.items() if name in given}
