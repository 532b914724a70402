"""What the page sends beside the arguments."""

from typing import Any

from django import forms


class ResumeForm(forms.Form):
    """The revision that was seen, the decision's id, why, and the last entry of the history that was there."""

    revision = forms.IntegerField(min_value=1)
    decision_id = forms.CharField(max_length=100)
    seen = forms.IntegerField(min_value=0, required=False)
    reason = forms.CharField(max_length=2000, required=False, strip=True)
    take_over = forms.BooleanField(required=False)

    @property
    def seen_event(self) -> int:
        """The last entry of the history that was there when the page was opened; 0 if that is not known."""
        text = str(self.data.get("seen", ""))
        return int(text) if text.isdecimal() and len(text) < 19 else 0

    @property
    def as_sent(self) -> dict[str, Any]:
        return {name: self.data.get(name, "") for name in ("revision", "decision_id", "seen")}
