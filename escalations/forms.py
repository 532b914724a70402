"""What a reviewer's form may say."""

from typing import Any

from django import forms

from escalations.models import Escalation, Kind
from escalations.questions import edits, questions

# Arguments are edited through the API; the form for it needs each action's schema.
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
    take_over = forms.BooleanField(required=False)

    def __init__(self, escalation: Escalation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.escalation = escalation
        offered = [(kind.value, kind.label) for kind in offered_on_the_page(escalation)]
        field: Any = self.fields["decision"]
        field.choices = offered

    @property
    def edits(self) -> dict[str, dict[str, Any]]:
        """New arguments, by step: what was answered to the questions on the page."""
        return edits(self.escalation, self.data) if self.cleaned_data["decision"] == Kind.EDIT else {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        missing = NEEDS_REASON.get(cleaned.get("decision", ""))
        if missing and not cleaned.get("reason", "").strip():
            self.add_error("reason", missing)
        if cleaned.get("decision") == Kind.EDIT and not edits(self.escalation, self.data):
            self.add_error("decision", "Answer at least one of the questions.")
        return cleaned
