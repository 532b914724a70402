"""The ledger of model calls in the admin: each call, and above the list what the calls that it shows add up to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from operations import usage
from operations.masking.admin import Masked
from operations.models import ModelCall
from workers.admin import ReadOnlyAdmin

MOST_DAYS = 31


@admin.register(ModelCall)
class ModelCallAdmin(Masked, ReadOnlyAdmin):
    change_list_template = "admin/model_calls.html"
    date_hierarchy = "created_at"
    list_display = [
        "created_at",
        "operation",
        "step_id",
        "purpose",
        "model",
        "state",
        "prompt_tokens",
        "cached_tokens",
        "completion_tokens",
        "estimated",
        "cost",
        "latency_ms",
    ]
    list_filter = ["operation__operation_type", "purpose", "model", "state", "estimated", "cache_hit", "created_at"]
    list_select_related = ["operation"]
    search_fields = ["operation__id", "error"]
    ordering = ["-id"]
    show_full_result_count = False

    @admin.display(description="cost (USD)", ordering="cost_usd", empty_value="unknown")
    def cost(self, call: ModelCall) -> Any:
        return call.cost_usd

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add the sums by type and by day of the calls that the filters let through."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and (shown := (response.context_data or {}).get("cl")):
            response.context_data = (response.context_data or {}) | {
                "sums": [
                    ("Operation type", usage.grouped(shown.queryset, "type")),
                    ("Day", usage.grouped(shown.queryset, "day")[:MOST_DAYS]),
                ]
            }
        return response
