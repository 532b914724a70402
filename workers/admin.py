"""The registry of workers in the admin: where they are, how they are, and asking them again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from workers import admin_rules, outgoing, registry  # noqa: F401 (the rules register themselves)
from workers.models import RegisteredWorker


class ReadOnlyAdmin(admin.ModelAdmin):
    """For what is kept as it happened: to be looked at, never to be changed."""

    view_on_site = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RegisteredWorkerForm(forms.ModelForm):
    """Takes an address only where a worker may be."""

    url = forms.URLField(max_length=300, assume_scheme="http")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].rstrip("/")
        try:
            outgoing.check_worker(url)
        except outgoing.NotAllowed as error:
            raise ValidationError(str(error)) from error
        return url


@admin.register(RegisteredWorker)
class RegisteredWorkerAdmin(admin.ModelAdmin):
    form = RegisteredWorkerForm
    list_display = ["name", "url", "enabled", "healthy", "version", "actions_known", "checked_at", "open_until"]
    list_filter = ["enabled", "healthy"]
    search_fields = ["name", "url"]
    fields = ["name", "url", "enabled", "healthy", "error", "checked_at", "failures", "open_until", "manifest"]
    readonly_fields = ["healthy", "error", "checked_at", "failures", "open_until", "manifest"]
    actions = ["ask_again"]

    @admin.display(description="version")
    def version(self, worker: RegisteredWorker) -> str:
        return worker.manifest.get("version", "")

    @admin.display(description="actions")
    def actions_known(self, worker: RegisteredWorker) -> int:
        return len(worker.manifest.get("actions", []))

    def get_readonly_fields(self, request: HttpRequest, obj: RegisteredWorker | None = None) -> list[str]:
        """A worker's name is how plans call it: it is given once."""
        return [*self.readonly_fields, "name"] if obj else self.readonly_fields

    @admin.action(description="Ask for their health and their actions", permissions=["change"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[RegisteredWorker]) -> None:
        for worker in queryset:
            registry.refresh(worker)
            if worker.healthy:
                self.message_user(request, f"The worker {worker} is healthy.", messages.SUCCESS)
            else:
                self.message_user(request, f"The worker {worker} does not answer: {worker.error}", messages.WARNING)
        registry.forget()

    def save_model(self, request: HttpRequest, obj: RegisteredWorker, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        registry.forget()
