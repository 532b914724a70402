"""What a reviewer's form may say."""

from typing import Any

from django import forms

from escalations.models import Escalation, Kind

# Arguments are edited through the API; the form for it needs each action's schema.
WITHOUT_ARGUMENTS = (Kind.APPROVE, Kind.RETRY, Kind.REJECT)


class DecisionForm(forms.Form):
    """A decision on one escalation, on the revision that was seen, under an id made for this form alone."""

    decision = forms.ChoiceField()
    reason = forms.CharField(
        max_length=2000,
        required=False,
        label="Reason",
        help_text="Kept in the history. Needed to reject.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    decision_id = forms.CharField(max_length=100, widget=forms.HiddenInput)
    take_over = forms.BooleanField(required=False)

    def __init__(self, escalation: Escalation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(kind.value, kind.label) for kind in escalation.offered if kind in WITHOUT_ARGUMENTS]
        field: Any = self.fields["decision"]
        field.choices = offered

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == Kind.REJECT and not cleaned.get("reason", "").strip():
            self.add_error("reason", "Say why it is rejected: whoever asked for it will read this.")
        return cleaned
