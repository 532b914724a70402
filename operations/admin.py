"""Operations and their history in the admin: for looking, and for the few things that support needs."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from operations import acts, admin_keys, admin_ledger, admin_plans, rights  # noqa: F401 (they register themselves)
from operations.masking.admin import Masked, MaskedFormSet
from operations.models import Event, Operation, Step, TransitionError, TypeSetting
from operations.models.ledger import PURPOSES
from workers.admin import ReadOnlyAdmin


class ReadOnlyInline(admin.TabularInline):
    formset = MaskedFormSet
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepInline(ReadOnlyInline):
    model = Step
    fields = ["step_id", "label", "worker", "action", "status", "attempts", "started_at", "finished_at"]


class EventInline(ReadOnlyInline):
    model = Event
    fields = ["created_at", "kind", "message", "actor"]


@admin.register(Operation)
class OperationAdmin(Masked, ReadOnlyAdmin):
    list_display = [
        "id",
        "operation_type",
        "status",
        "client",
        "confidence_score",
        "priority",
        "created_at",
        "ended_at",
    ]
    list_filter = ["status", "operation_type", "created_at", "client"]
    list_select_related = ["client"]
    search_fields = ["id", "error"]
    ordering = ["-created_at"]
    show_full_result_count = False
    inlines = [StepInline, EventInline]
    actions = ["cancel", "retry"]

    # The admin offers an action to whoever has the named right. Acting on an operation is a reviewer's.
    def has_act_permission(self, request: HttpRequest) -> bool:
        return rights.ACT_ON_ALL.is_of(request.user)

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Operation]) -> None:
        self._each(request, queryset, acts.cancel, "cancelled")

    @admin.action(description="Try again where they stopped", permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Operation]) -> None:
        self._each(request, queryset, acts.retry, "taken up again")

    def _each(self, request: HttpRequest, queryset: QuerySet[Operation], act: Callable[..., None], done: str) -> None:
        """Act on each on its own: what cannot be done to one does not hold up the others."""
        count = 0
        for operation in queryset:
            try:
                act(operation, actor=request.user.get_username())
                count += 1
            except TransitionError as error:
                self.message_user(request, f"{operation}: {error}", messages.WARNING)
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)


@admin.register(Step)
class StepAdmin(Masked, ReadOnlyAdmin):
    list_display = ["step_id", "operation", "label", "worker", "action", "status", "attempts", "finished_at"]
    list_filter = ["status", "worker", "action"]
    list_select_related = ["operation"]
    search_fields = ["operation__id", "step_id", "label", "error"]
    ordering = ["-id"]
    show_full_result_count = False


BUDGETS = [f"token_budget_{purpose}" for purpose in PURPOSES]


@admin.register(TypeSetting)
class TypeSettingAdmin(admin.ModelAdmin):
    list_display = [
        "operation_type",
        "confidence_threshold",
        "planner",
        "show_plan",
        "two_approvals",
        "judge",
        *BUDGETS,
    ]
