"""People in the admin: an administrator makes accounts and gives roles, and nobody gives more than he has himself."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django_rq.models import Dashboard

admin.site.unregister([User, Group])
# It asks for no permission, and jobs are only doorbells: what there is to see is in the console and in the metrics.
admin.site.unregister(Dashboard)

ONLY_SUPERUSERS = ("is_superuser", "user_permissions")


@admin.register(User)
class PeopleAdmin(UserAdmin):
    """Only a superuser makes superusers, changes them, or gives single permissions: others give roles."""

    list_display = ["username", "roles", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "groups", "is_staff", "is_superuser"]

    @admin.display(description="roles")
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        return given if request.user.is_superuser else (*given, *ONLY_SUPERUSERS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)


@admin.register(Group)
class RolesAdmin(GroupAdmin):
    """What a role may do is changed by superusers: whoever may change roles may do everything."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)
