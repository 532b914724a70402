"""What people say to each other about an escalation: comments, mentions, and asking a colleague to decide."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from escalations.models import Comment, Conflict, DecisionError, Escalation, Notice
from escalations.talk import people
from escalations.talk.notices import lock, notify
from operations import live

LONGEST = 4000  # characters of a comment
SHOWN = 30  # comments beside a decision; the page of the talk has all
MOST = 20  # people that one comment can call
# The characters of a user name. What follows a letter is an e-mail address, and no mention.
MENTION = re.compile(r"(?<![\w@.+-])@(\w[\w@.+-]{0,149})")
CLOSING = "@.+-"  # may end a sentence as well as a name


@dataclass(frozen=True)
class Said:
    """A comment that was kept, and the names in it that are nobody's who may look."""

    comment: Comment
    unknown: list[str] = field(default_factory=list)


def comment(escalation: Escalation, author: str, text: str) -> Said:
    """Keep what ``author`` says, and tell those whom it calls with ``@name``.

    A name that nobody here has does no harm: the text is kept, and the names are returned as unknown.
    """
    written = list(dict.fromkeys(MENTION.findall(text)))[:MOST]
    known = set(people.names_of(people.lookers(), {form for name in written for form in _forms(name)}))
    called = list(dict.fromkeys(name for given in written if (name := meant(given, known))))
    unknown = [given.rstrip(CLOSING) or given for given in written if not meant(given, known)]
    with transaction.atomic():
        kept = _record(escalation, author, text, called)
        for name in called:
            notify(name, Notice.Kind.MENTION, escalation, actor=author, text=text)
    return Said(kept, unknown)


def assign(escalation: Escalation, person: str, *, by: str) -> None:
    """Ask ``person`` (a user name; empty: nobody) to decide, and say so among the comments. The last one wins.

    Raises `DecisionError` if there is nobody of that name who may decide, `Conflict` if it is not open any more.
    """
    if person and not people.may_decide(person):
        raise DecisionError(f"Nobody who may decide is called {person!r}. Choose a name from the list.", field="person")
    with transaction.atomic():
        lock(escalation)
        row = Escalation.objects.filter(pk=escalation.pk, status=Escalation.Status.OPEN)
        if not row.exists():
            raise Conflict("Nobody need decide this any more: it is not open.")
        if not row.exclude(assigned_to=person).update(assigned_to=person):
            return
        _record(escalation, "", _asked(person, by), [person] if person else [])
        notify(person, Notice.Kind.ASSIGN, escalation, actor=by)
    escalation.assigned_to = person


def _asked(person: str, by: str) -> str:
    if not person:
        return f"{by} asks nobody in particular to decide"
    return f"{by} means to decide" if person == by else f"{by} asked {person} to decide"


def _record(escalation: Escalation, author: str, text: str, called: Iterable[str]) -> Comment:
    """A comment; one without an author is Concord's own line about what somebody did."""
    kept = Comment.objects.create(escalation=escalation, author=author, text=text, mentions=list(called))
    live.announce_escalations()
    return kept


def _forms(name: str) -> tuple[str, str]:
    """What may be meant: the name as it is written, or without what ends the sentence."""
    return name, name.rstrip(CLOSING)


def meant(name: str, known: Collection[str]) -> str:
    """Which of the ``known`` names is meant by what stands after an @; empty for none of them."""
    return next((form for form in _forms(name) if form in known), "")


def conversation(escalation: Escalation, user: Any) -> dict[str, Any]:
    """What the page shows of the talk: the newest comments, how many there are, and whom one may ask."""
    newest = list(escalation.comments.order_by("-created_at", "-pk")[: SHOWN + 1])
    total = len(newest) if len(newest) <= SHOWN else escalation.comments.count()
    return {
        "comments": newest[:SHOWN][::-1],
        "comments_total": total,
        "comments_before": max(total - SHOWN, 0),
        "colleagues": people.names_of(people.deciders()),
        "me": user.get_username(),
    }
