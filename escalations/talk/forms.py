"""What people send to talk about an escalation."""

from django import forms

from escalations.talk.talk import LONGEST

LONG = f"A comment has at most {LONGEST:,} characters. Shorten it, or send it in two."


class CommentForm(forms.Form):
    """A comment."""

    text = forms.CharField(max_length=LONGEST, error_messages={"required": "Write something.", "max_length": LONG})


class AssignForm(forms.Form):
    """Whom to ask: ``whom`` is ``me``, ``nobody`` or, by default, the one that ``person`` names."""

    person = forms.CharField(required=False, max_length=150)
    whom = forms.ChoiceField(required=False, choices=[("me", "me"), ("nobody", "nobody")])

    def clean(self) -> dict[str, str]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("whom") and not cleaned.get("person"):
            self.add_error("person", "Name the colleague whom you ask.")
        return cleaned

    def chosen(self, me: str) -> str:
        """The user name of whom is asked; empty for nobody."""
        return {"me": me, "nobody": ""}.get(self.cleaned_data["whom"], self.cleaned_data["person"])
