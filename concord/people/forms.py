"""The forms of logging in and of one's account."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

FAR_TOO_LONG = 4096  # characters: nothing of that length is hashed
WRONG = "The name and the password do not go together."


class LogInForm(AuthenticationForm):
    """A name and a password. All that do not fit are answered alike, also those of accounts that are switched off."""

    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].max_length = FAR_TOO_LONG  # type: ignore[attr-defined]
        self.fields["password"].validators.append(forms.CharField(max_length=FAR_TOO_LONG).validators[0])


class OwnPasswordForm(PasswordChangeForm):
    """The old password, and the new one twice. The view has counted the try already."""

    error_messages = {
        "password_incorrect": "This is not your password of now.",
        "password_mismatch": "The two new passwords differ.",
    }

    # The default of a field's name is no password.
    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:  # nosec B107
        """What is wrong with a new password is told at it, not at its repetition."""
        super().validate_password_for_user(user, "new_password1")
