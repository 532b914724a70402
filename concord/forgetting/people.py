"""Forgets a person who worked at the console: the account goes, and another name stands where the old one stood."""

import re
from collections import Counter
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from escalations.models import Approval, Comment, Decision, Escalation, Notice, SavedView
from operations.audit.recording import record
from operations.models import Event, Step

NAMED: tuple[tuple[str, Any, str], ...] = (
    ("events", Event, "actor"),
    ("accepted steps", Step, "accepted_by"),
    ("assignments", Escalation, "assigned_to"),
    ("claims", Escalation, "claimed_by"),
    ("decisions", Decision, "decided_by"),
    ("decisions undone", Decision, "undone_by"),
    ("approvals", Approval, "approved_by"),
    ("comments", Comment, "author"),
    ("notices by", Notice, "actor"),
)


def alias(name: str) -> str:
    """The name that stands for a forgotten person: always the same, and not to be traced without SECRET_KEY."""
    return f"former-{salted_hmac('concord.forgetting', name).hexdigest()[:8]}"


def found(name: str) -> dict[str, QuerySet[Any]]:
    """Where the person is named, by kind of row."""
    return {
        **{kind: model.objects.filter(**{column: name}) for kind, model, column in NAMED},
        "notices": Notice.objects.filter(person=name),
        "saved views": SavedView.objects.filter(owner=name),
        "accounts": get_user_model().objects.filter(username=name),
    }


def count(name: str) -> Counter[str]:
    """How many rows of each kind name the person."""
    return Counter({kind: rows.count() for kind, rows in found(name).items()})


@transaction.atomic
def forget(name: str) -> Counter[str]:
    """Delete the account, the notices and the saved views, and put the alias in place of the name elsewhere.

    Returns how many rows of each kind there were.
    """
    done, other = count(name), alias(name)
    if done.total():
        record("person.forget", _account(name), after=dict(done))
    _rename_in_texts(name, other)
    for _, model, column in NAMED:
        model.objects.filter(**{column: name}).update(**{column: other})
    for kind in ("notices", "saved views", "accounts"):
        found(name)[kind].delete()
    return done


def _account(name: str) -> tuple[str, int] | None:
    pk = get_user_model().objects.filter(username=name).values_list("pk", flat=True).first()
    return ("user", pk) if pk else None


def _rename_in_texts(name: str, other: str) -> None:
    """In the words that Concord itself wrote ("Cancelled by rita"), and where colleagues called the person."""
    did, called = _named(r"^|(?<=\bby )|(?<=\bfrom )", name), _named("(?<=@)", name)
    for event in Event.objects.filter(message__contains=name).only("message").iterator():
        if (message := did.sub(other, event.message)) != event.message:
            Event.objects.filter(pk=event.pk).update(message=message)
    for comment in Comment.objects.filter(text__contains=f"@{name}").only("text", "mentions"):
        comment.mentions = [other if mentioned == name else mentioned for mentioned in comment.mentions]
        comment.text = called.sub(other, comment.text)
        comment.save(update_fields=["text", "mentions"])


def _named(where: str, name: str) -> re.Pattern[str]:
    """The whole name at such a place: bob is not the beginning of bobby."""
    return re.compile(rf"(?:{where}){re.escape(name)}(?![\w@+-]|\.\w)")
