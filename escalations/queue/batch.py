"""Deciding many questions at once: each is decided, recorded and taken back on its own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from escalations.deciding.allowed import decide_as
from escalations.deciding.decisions import Answer
from escalations.deciding.forms import NEEDS_REASON
from escalations.models import Approval, Decision, DecisionError, Escalation, Kind
from escalations.queue.listing import AT_ONCE
from operations.models import TransitionError

MOST = 200  # at once; a group may have more, and the rest waits for another press
EACH = 0.1  # seconds by which each makes the undo window longer: deciding many takes a while
CHOSEN = re.compile(r"(esc-[\w-]{1,36}):(\d{1,9})", re.A)
FIRST = "Your approval is kept, 1 of 2: another person has to approve it too."
Rows = QuerySet[Escalation]


@dataclass(frozen=True)
class Refused:
    """A question that was not decided, and why."""

    escalation_id: str
    why: str


@dataclass
class Outcome:
    """What was done, what was not, and how many of the groups were left for another time."""

    done: list[Decision] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left: int = 0


class BatchForm(forms.Form):
    """One decision and one reason for all that are chosen, under an id made for this form alone."""

    decision = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in AT_ONCE])
    reason = forms.CharField(max_length=2000, required=False)
    batch = forms.RegexField(r"^[0-9a-f]{32}$")
    until = forms.DateTimeField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        missing = NEEDS_REASON.get(cleaned.get("decision", ""))
        if missing and not cleaned.get("reason", "").strip():
            self.add_error("reason", missing)
        return cleaned

    @property
    def problems(self) -> list[str]:
        """What to mend, each in a sentence that names the field."""
        return [f"{name.capitalize()}: {text}" for name, texts in self.errors.items() for text in texts]


def named(texts: Iterable[str]) -> list[tuple[str, int]]:
    """The ids and revisions of the rows that were ticked."""
    return [(match[1], int(match[2])) for text in texts if (match := CHOSEN.fullmatch(text))]


def of_causes(rows: Rows, causes: list[str], until: datetime | None) -> tuple[list[tuple[str, int]], int]:
    """Ids and revisions of the most urgent of whole groups, of those there at ``until``; and how many are left."""
    if not causes or until is None:
        return [], 0
    there = rows.filter(cause__in=causes, created_at__lte=until)
    found = list(there.order_by("rank", "pk").values_list("pk", "revision")[:MOST])
    return found, there.count() - len(found) if len(found) == MOST else 0


def decide_all(rows: Rows, chosen: list[tuple[str, int]], answer: Answer, *, by: Any, batch: str) -> Outcome:
    """Decide each of ``chosen``. The same ``batch`` again decides nothing twice."""
    outcome = Outcome(left=max(0, len(chosen) - MOST))
    window = _window(len(chosen[:MOST]))
    for escalation_id, revision in chosen[:MOST]:
        try:
            escalation = rows.select_related("operation").get(pk=escalation_id)
            decision_id = f"{batch}-{escalation_id}"
            how = {"revision": revision, "decision_id": decision_id, "window": window, "batch": batch}
            taken = decide_as(by, escalation, answer, **how)
            if isinstance(taken, Approval):
                outcome.refused.append(Refused(escalation_id, FIRST))
            else:
                outcome.done.append(taken)
        except Escalation.DoesNotExist:
            outcome.refused.append(Refused(escalation_id, "It is not there."))
        except (DecisionError, TransitionError) as error:
            outcome.refused.append(Refused(escalation_id, str(error)))
    return outcome


def _window(number: int) -> timedelta:
    """How long so many can be taken back: long enough to read what came of them. None where nothing can be."""
    if not settings.UNDO_SECONDS:
        return timedelta(0)
    return timedelta(seconds=max(settings.UNDO_SECONDS, settings.UNDO_BATCH_SECONDS) + EACH * number)


def answer_of(form: BatchForm) -> Answer:
    return Answer(Kind(form.cleaned_data["decision"]), form.cleaned_data["reason"].strip())
