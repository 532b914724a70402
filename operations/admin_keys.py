"""The API keys in the admin: made, rotated, revoked. A secret is shown once, in the answer to its being made."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from operations.models import ApiKey
from operations.models.clients import SCOPES, USUAL, ApiKeyQuerySet, StillRotating

GIVEN = ("name", "scopes", "expires_at")
OVERLAPS = {"0": "at once", "1": "in an hour", "24": "in a day", "72": "in three days", "168": "in a week"}


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {words}") for scope, words in SCOPES.items()],
        required=False,
        initial=USUAL,
        widget=forms.CheckboxSelectMultiple,
        help_text="Without any it may only read its own operations.",
    )

    class Meta:
        model = ApiKey
        fields = GIVEN

    def clean_expires_at(self) -> Any:
        end = self.cleaned_data["expires_at"]
        if end and end <= timezone.now() and "expires_at" in self.changed_data:
            raise forms.ValidationError("That has passed already. To refuse the key from now on, revoke it.")
        return end


class RotateForm(forms.Form):
    overlap = forms.ChoiceField(choices=OVERLAPS.items(), initial="24", label="The old secret ends")


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word) for word in ("in force", "rotating", "expired", "revoked")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        rotating = Q(old_until__gt=now)
        match self.value():
            case "in force":
                return queryset.in_force()
            case "rotating":
                return queryset.in_force().filter(rotating)
            case "expired":
                return queryset.filter(revoked_at=None, expires_at__lte=now)
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """A key is part of the history of its operations: it is revoked, never deleted."""

    form = ApiKeyForm
    list_display = ["name", "state", "prefix", "scopes", "last_used_at", "expires_at", "old_secret", "rotation"]
    list_filter = [StateFilter]
    search_fields = ["name", "prefix", "old_prefix"]
    readonly_fields = ["state", "prefix", "last_used_at", "old_secret", "rotation"]
    readonly_fields += ["created_at", "rotated_at", "revoked_at"]
    fields = (*GIVEN, *readonly_fields)
    actions = ["revoke"]

    @admin.display(description="old secret", empty_value="none")
    def old_secret(self, key: ApiKey) -> str | None:
        """That of a key that is being rotated: until when it works, and whether somebody uses it still."""
        if key.state != "rotating":
            return None
        used = f"last used {key.old_used_at:%Y-%m-%d %H:%M}" if key.old_used_at else "not used"
        return f"{key.old_prefix}… until {key.old_until:%Y-%m-%d %H:%M}, {used}"

    @admin.display(description="rotate")
    def rotation(self, key: ApiKey) -> SafeString | str:
        if not key.is_in_force():
            return "cannot be"
        return format_html(
            '<a href="{}">Make a new secret</a>', reverse("admin:operations_apikey_rotate", args=[key.pk])
        )

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else GIVEN

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        rotate = self.admin_site.admin_view(self.rotate_view)
        return [path("<int:pk>/rotate/", rotate, name="operations_apikey_rotate"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            ApiKey.objects.change(obj, form.changed_data)
            return
        issued, key = ApiKey.objects.issue(obj.name, obj.scopes, obj.expires_at)
        request.issued_key = key  # type: ignore[attr-defined]  # for response_add
        obj.pk = issued.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, obj, request.issued_key)  # type: ignore[attr-defined]

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how long the old secret shall work; then make the new one, and show it."""
        key = get_object_or_404(ApiKey, pk=pk)
        if not self.has_change_permission(request, key):
            raise PermissionDenied
        form = RotateForm(request.POST or None)
        if form.is_valid():
            try:
                secret = key.rotate(timedelta(hours=int(form.cleaned_data["overlap"])))
            except StillRotating as error:
                form.add_error(None, str(error))
            else:
                self.log_change(request, key, "Rotated")
                return self._shown_once(request, key, secret)
        context = self._context(request, f"Make a new secret for {key.name}") | {"form": form, "key": key}
        return TemplateResponse(request, "admin/rotate_key.html", context, status=409 if form.errors else 200)

    def _shown_once(self, request: HttpRequest, obj: ApiKey, key: str) -> HttpResponse:
        """Show the key in this very answer: it must not lie in a session, a cookie or a log."""
        context = self._context(request, f"The key of {obj.name}") | {"key": key}
        return TemplateResponse(request, "admin/issued_key.html", context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"title": title, "opts": self.opts}

    @admin.action(description="Revoke: refused from now on", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: ApiKeyQuerySet) -> None:
        count = queryset.revoke()
        self.message_user(request, f"{count} revoked.", messages.SUCCESS)
