"""Operations, their history and the API keys in the admin: for looking, and for the few things that support needs."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from operations import acts, admin_ledger, admin_plans  # noqa: F401 (they register themselves)
from operations.models import ApiKey, Event, Operation, Step, TransitionError, TypeSetting
from operations.models.clients import ApiKeyQuerySet
from operations.models.ledger import PURPOSES
from workers.admin import ReadOnlyAdmin


class ReadOnlyInline(admin.TabularInline):
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
class OperationAdmin(ReadOnlyAdmin):
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
        return request.user.has_perm("escalations.decide_escalation")

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
class StepAdmin(ReadOnlyAdmin):
    list_display = ["step_id", "operation", "label", "worker", "action", "status", "attempts", "finished_at"]
    list_filter = ["status", "worker", "action"]
    list_select_related = ["operation"]
    search_fields = ["operation__id", "step_id", "label", "error"]
    ordering = ["-id"]
    show_full_result_count = False


BUDGETS = [f"token_budget_{purpose}" for purpose in PURPOSES]


@admin.register(TypeSetting)
class TypeSettingAdmin(admin.ModelAdmin):
    list_display = ["operation_type", "confidence_threshold", "planner", "show_plan", "judge", *BUDGETS]


SCOPES = {
    "read_all": "see the operations of all clients",
    "decide": "decide escalations",
    "mend": "ring for operations that are stuck, and close the circuits of workers",
    "admin": "register workers",
}


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=SCOPES.items(), required=False, widget=forms.CheckboxSelectMultiple, label="May also"
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes"]


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys are issued and revoked. A key itself is shown once, in the answer to its being issued."""

    form = ApiKeyForm
    list_display = ["name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["revoked_at"]
    search_fields = ["name", "prefix"]
    fields = ["name", "scopes", "prefix", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["prefix", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else ["name", "scopes"]

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """A key is part of the history of its operations: it is revoked, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued, key = ApiKey.objects.issue(obj.name, obj.scopes)
        request.issued_key = key  # type: ignore[attr-defined]  # for response_add
        obj.pk = issued.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key in this very answer: it must not lie in a session, a cookie or a log."""
        context = self.admin_site.each_context(request) | {
            "title": f"The key of {obj.name}",
            "key": request.issued_key,  # type: ignore[attr-defined]
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/issued_key.html", context)

    @admin.action(description="Revoke: refused from now on", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: ApiKeyQuerySet) -> None:
        count = queryset.revoke()
        self.message_user(request, f"{count} revoked.", messages.SUCCESS)
