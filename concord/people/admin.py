"""Authenticators and identities in the admin: for who may change accounts."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from concord.people import signals
from concord.people.models import Identity, Totp


class OfAccounts(admin.ModelAdmin):
    """May be seen, made and deleted by those who may change accounts; nothing of it is changed.

    What belongs to a superuser is for superusers: who unlocked such an account for himself could do everything.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.exclude(user__is_superuser=True)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "user" and not request.user.is_superuser:
            options["queryset"] = User.objects.filter(is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("auth.change_user")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Totp)
class TotpAdmin(OfAccounts):
    """Deleting one is the reset for who has lost the device and the recovery codes."""

    list_display = ["user", "confirmed", "created_at", "last_used_at"]
    search_fields = ["user__username"]
    fields = ["user", "confirmed", "created_at", "last_used_at"]
    list_select_related = ["user"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Totp) -> None:
        obj.delete()
        self._told(request, obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Totp]) -> None:
        people = [totp.user for totp in queryset.select_related("user")]
        queryset.delete()
        for person in people:
            self._told(request, person)

    def _told(self, request: HttpRequest, user: User) -> None:
        by = request.user.get_username()
        signals.totp_removed.send(User, user=user, request=request, by=by)


@admin.register(Identity)
class IdentityAdmin(OfAccounts):
    """Links an account that was there before to a person at the provider."""

    list_display = ["user", "subject", "issuer", "created_at"]
    search_fields = ["user__username", "subject"]
    list_select_related = ["user"]
