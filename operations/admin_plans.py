"""The kept plans in the admin: what they are, how often they helped, and letting go of one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from operations.masking.admin import Masked
from operations.models import PlanCache
from operations.planning import cache
from workers.admin import ReadOnlyAdmin


@admin.register(PlanCache)
class PlanCacheAdmin(Masked, ReadOnlyAdmin):
    """The plans that are kept. One that is deleted is made anew when it is needed."""

    list_display = ["operation_type", "goal", "steps", "hits", "model", "created_at", "proven_at", "used_at"]
    list_filter = ["operation_type", "model", ("proven_at", admin.EmptyFieldListFilter)]
    search_fields = ["goal", "key"]
    ordering = ["-used_at"]

    @admin.display(description="steps")
    def steps(self, row: PlanCache) -> int:
        return len(row.lines)

    def has_delete_permission(self, request: HttpRequest, obj: PlanCache | None = None) -> bool:
        return request.user.has_perm("operations.delete_plancache")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, under how often it saved a question."""
        found = cache.rate()
        title = "Kept plans"
        if found["planned"]:
            title += f": {found['hits']} of {found['planned']} plans came from here ({found['rate']:.0%})"
        return super().changelist_view(request, {"title": title, **(extra_context or {})})
