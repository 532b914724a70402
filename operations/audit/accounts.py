"""What Django tells: log-ins, failures and log-outs, and what is changed in the admin of models that nobody watches."""

from typing import Any

from django.apps import apps
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save

from operations.audit import acting
from operations.audit.models import ActorKind
from operations.audit.recording import record
from operations.audit.watched import MODELS

VERBS = {ADDITION: "create", CHANGE: "change", DELETION: "delete"}


def listen() -> None:
    """Begin to listen. Called once, when the apps are ready."""
    user_logged_in.connect(_logged_in, dispatch_uid="audit login")
    user_logged_out.connect(_logged_out, dispatch_uid="audit logout")
    user_login_failed.connect(_failed, dispatch_uid="audit failed login")
    post_save.connect(_in_admin, sender=apps.get_model("admin.logentry"), dispatch_uid="audit admin")


def _logged_in(sender: Any, user: Any, **kwargs: Any) -> None:
    record("person.login", user, actor=acting.actor_of(user))


def _logged_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        record("person.logout", user, actor=acting.actor_of(user))


def _failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """The name that was tried is kept only as the account that has it: people type passwords there too."""
    accounts: Any = get_user_model()._default_manager
    name = credentials.get("username") or ""
    pk = accounts.filter(username=name).values_list("pk", flat=True).first() if "\0" not in str(name) else None
    record("person.login_failed", ("user", pk) if pk else None, actor=acting.STRANGER)


def _in_admin(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
    """An act in the admin; its words are left out, since they quote."""
    model = instance.content_type and f"{instance.content_type.app_label}.{instance.content_type.model}"
    if not created or not model or model in MODELS:
        return
    actor = acting.Actor(ActorKind.PERSON, str(instance.user_id))
    record(f"admin.{VERBS[instance.action_flag]}", (instance.content_type.model, instance.object_id), actor=actor)
