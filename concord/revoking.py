"""Tells at once that somebody's session, password, account or role is not what it was, so that sockets close."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from operations import live

Session = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()


@receiver(post_delete, sender=Session)
def session_ended(sender: Any, instance: Any, **kwargs: Any) -> None:
    if instance.user_id and instance.expire_date > timezone.now():
        live.announce_revocation()


@receiver(post_save, sender=User)
def account_changed(sender: Any, created: bool, update_fields: Any, **kwargs: Any) -> None:
    if not created and set(update_fields or ()) != {"last_login"}:
        live.announce_revocation()


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def rights_changed(sender: Any, action: str, **kwargs: Any) -> None:
    if action.startswith("post_"):
        live.announce_revocation()
