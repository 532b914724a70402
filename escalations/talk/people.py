"""The people of the console, by their user names: who may look, and who may decide."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from operations import rights

SHOWN = 200  # names to choose from on a page
GRANTS = "django.contrib.auth.backends.ModelBackend"  # however somebody comes in, permissions are Django's


def deciders() -> QuerySet[User]:
    """Those who may decide escalations, by themselves or through a group."""
    return (
        User.objects.with_perm("escalations.decide_escalation", backend=GRANTS)
        .filter(is_active=True)
        .order_by("username")
    )


def lookers() -> QuerySet[User]:
    """Those who see all that waits: by any of the permissions that let somebody."""
    seeing = Q(is_superuser=True)
    for permission in rights.SEE_QUESTIONS.permissions:
        seeing |= Q(pk__in=User.objects.with_perm(permission, backend=GRANTS).values("pk"))
    return User.objects.filter(seeing, is_active=True)


def names_of(people: QuerySet[User], among: Iterable[str] | None = None) -> list[str]:
    """Their names, or those of them that are ``among`` some."""
    found = people if among is None else people.filter(username__in=list(among))
    return list(found.order_by("username").values_list("username", flat=True)[:SHOWN])


def may_decide(name: str) -> bool:
    """Is there somebody of this name who may decide?"""
    return deciders().filter(username=name).exists()
