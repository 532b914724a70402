"""What a reviewer's form may say."""

from typing import Any

from django import forms
from django.http import QueryDict

from escalations.deciding.questions import edits, questions
from escalations.models import Escalation, Kind

# Arguments are edited on a page of their own: `escalations.editing`.
WITHOUT_ARGUMENTS = (Kind.APPROVE, Kind.RETRY, Kind.REPLAN, Kind.REJECT)
NEEDS_REASON: dict[str, str] = {
    Kind.REJECT: "Say why it is rejected: whoever asked for it will read this.",
    Kind.REPLAN: "Say what the new plan should do otherwise: the planner will read this.",
}


def offered_on_the_page(escalation: Escalation) -> list[Kind]:
    """The decisions that the page can take. Questions that are answered there make an edit."""
    asks = bool(questions(escalation))
    answers = [Kind.EDIT] if asks and Kind.EDIT in escalation.offered else []
    return [*answers, *(kind for kind in escalation.offered if kind in WITHOUT_ARGUMENTS)]


class DecisionForm(forms.Form):
    """A decision on one escalation, on the revision that was seen, under an id made for this form alone."""

    decision = forms.ChoiceField()
    reason = forms.CharField(
        max_length=2000,
        required=False,
        label="Reason",
        help_text="Kept in the history. Needed to reject and to plan anew: the planner goes by it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    decision_id = forms.CharField(max_length=100, widget=forms.HiddenInput)
    preset = forms.CharField(max_length=300, required=False)
    ticks = forms.BooleanField(required=False)  # the steps of a retry could be chosen
    take_over = forms.BooleanField(required=False)

    def __init__(self, escalation: Escalation, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.escalation = escalation
        self.ticked = data.getlist("steps") if data else []
        offered = [(kind.value, kind.label) for kind in offered_on_the_page(escalation)]
        field: Any = self.fields["decision"]
        field.choices = offered

    @property
    def edits(self) -> dict[str, dict[str, Any]]:
        """New arguments, by step: what was answered to the questions on the page."""
        return edits(self.escalation, self.data) if self.cleaned_data["decision"] == Kind.EDIT else {}

    @property
    def steps(self) -> list[str]:
        """The steps that are to run again; none: those in question."""
        said = self.cleaned_data
        return self.ticked if said["ticks"] and said["decision"] == Kind.RETRY else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["reason"] = cleaned.get("reason", "").strip() or cleaned.get("preset", "")
        self._check_choice(cleaned)
        if cleaned.get("take_over") and self.escalation.holder() and not cleaned["reason"]:
            self.add_error("reason", "Say why you take it over: who is at it will read this.")
        return cleaned

    def _check_choice(self, cleaned: dict[str, Any]) -> None:
        missing = NEEDS_REASON.get(cleaned.get("decision", ""))
        if missing and not cleaned["reason"]:
            self.add_error("reason", missing)
        if cleaned.get("decision") == Kind.EDIT and not edits(self.escalation, self.data):
            self.add_error("decision", "Answer at least one of the questions.")
        none = cleaned.get("ticks") and self.escalation.steps and not self.ticked
        if cleaned.get("decision") == Kind.RETRY and none:
            self.add_error("ticks", "Tick at least one step to run again.")
