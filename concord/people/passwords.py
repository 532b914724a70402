"""How passwords are hashed, and how long they may be."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError

LONGEST = 128


class ModestArgon2(Argon2PasswordHasher):
    """Argon2id as OWASP asks at least. With Django's own 100 MB a hash, a few log-ins at once exhaust a small pod."""

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1


class MaximumLength:
    """A validator (AUTH_PASSWORD_VALIDATORS): no longer than ``LONGEST`` characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"This password is too long: it may have {LONGEST} characters.", "password_too_long")

    def get_help_text(self) -> str:
        return f"Your password may have up to {LONGEST} characters, of any kind, spaces too."
