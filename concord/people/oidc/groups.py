"""The groups of a person at the provider, as groups of ours."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User

from operations.roles import ADMINISTRATOR


def ours(claims: dict[str, Any]) -> set[str]:
    """The names of our groups that the claims stand for (OIDC_GROUPS)."""
    theirs = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    if isinstance(theirs, str):
        theirs = [theirs]
    if not isinstance(theirs, list):
        return set()
    return {settings.OIDC_GROUPS[name] for name in theirs if isinstance(name, str) and name in settings.OIDC_GROUPS}


def missing() -> list[str]:
    """Groups of ours that OIDC_GROUPS names and that are not there."""
    named = set(settings.OIDC_GROUPS.values())
    return sorted(named - set(Group.objects.filter(name__in=named).values_list("name", flat=True)))


def follow(user: User, names: set[str]) -> None:
    """Put the person into these groups, and out of the others that OIDC_GROUPS names. Groups beyond it stay.

    Where it names the administrators, it also says who may open the admin.
    """
    managed = Group.objects.filter(name__in=set(settings.OIDC_GROUPS.values()))
    mine = set(user.groups.values_list("name", flat=True))
    user.groups.add(*[group for group in managed if group.name in names - mine])
    user.groups.remove(*[group for group in managed if group.name in mine - names])
    is_staff = ADMINISTRATOR in names
    if ADMINISTRATOR in settings.OIDC_GROUPS.values() and user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])
