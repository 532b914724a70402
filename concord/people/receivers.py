"""What follows from a log-in, from a failed one, and from a change of an account."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from concord.metrics import families
from concord.metrics.process import figures
from concord.people import sessions, signals
from concord.people.entering import PROVED
from concord.people.session_store import STARTED


@receiver(user_logged_in)
def note_beginning(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """The session keeps when and where it began; now is also when the person was last sure to be there."""
    request.session[STARTED] = request.session[PROVED] = time.time()
    request.session.update(sessions.describe(request))
    figures.add(lambda rise: rise.count(families.LOG_INS, "in"))


@receiver(user_login_failed)
def count_failure(sender: Any, **kwargs: Any) -> None:
    figures.add(lambda rise: rise.count(families.LOG_INS, "failed"))


@receiver(pre_save, sender=User)
def remember_before(sender: Any, instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    """Look whether the save deactivates the account or changes its password."""
    instance._ends_sessions = ""  # type: ignore[attr-defined]
    changes = not update_fields or {"password", "is_active"} & set(update_fields)
    if instance._state.adding or not changes:
        return
    before = User.objects.filter(pk=instance.pk).values_list("password", "is_active").first()
    if before and before[1] and not instance.is_active:
        instance._ends_sessions = "deactivated"  # type: ignore[attr-defined]
    elif before and before[0] != instance.password and not _is_upgrade(instance):
        instance._ends_sessions = "password"  # type: ignore[attr-defined]


@receiver(post_save, sender=User)
def end_sessions(sender: Any, instance: User, **kwargs: Any) -> None:
    """End the sessions of who was deactivated or has another password now, but for that of who changed his own."""
    if reason := getattr(instance, "_ends_sessions", ""):
        keep = getattr(instance, "keep_session", None)
        transaction.on_commit(lambda: _ended(instance, reason, keep))


def _ended(user: User, reason: str, keep: str | None) -> None:
    if reason == "password":
        signals.password_changed.send(User, user=user, request=None)
    sessions.end_all(user, reason, keep=keep)


def _is_upgrade(user: User) -> bool:
    """Is it the same password, hashed in a newer way?"""
    return user.has_usable_password() and user._password is None  # type: ignore[attr-defined]
