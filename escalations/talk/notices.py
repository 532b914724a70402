"""Telling one person something: written with what it is about, read with its page."""

from django.db import transaction
from django.utils import timezone

from escalations.models import Escalation, Notice


def notify(person: str, kind: Notice.Kind, escalation: Escalation, *, actor: str, text: str = "") -> None:
    """Tell ``person`` what ``actor`` did. Nobody is told of what he did himself.

    Of one kind a person has one unread notice of an escalation at most: the newest takes the place of the one before.
    """
    if person in ("", actor):
        return
    with transaction.atomic():
        lock(escalation)
        Notice.objects.update_or_create(
            person=person,
            kind=kind,
            escalation=escalation,
            read_at=None,
            defaults={"actor": actor, "text": text, "created_at": timezone.now()},
        )


def lock(escalation: Escalation) -> None:
    """Let nobody else write about ``escalation`` before this transaction has ended."""
    list(Escalation.objects.select_for_update().filter(pk=escalation.pk).values_list("pk"))


def unread(person: str) -> int:
    """How many notices ``person`` has not read yet."""
    return Notice.objects.filter(person=person, read_at=None).count()


def read(person: str, escalation: Escalation | None = None) -> int:
    """Mark what ``person`` was told as read, all of it or what is about one escalation. Returns how many there were."""
    notices = Notice.objects.filter(person=person, read_at=None)
    if escalation is not None:
        notices = notices.filter(escalation=escalation)
    return notices.update(read_at=timezone.now()) if notices.exists() else 0
