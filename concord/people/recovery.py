"""Recovery codes: ten for each authenticator, each good once, kept only as salted hashes."""

import base64
import secrets

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from concord.people.models import RecoveryCode, Totp

MANY = 10
RANDOM_BYTES = 10  # 80 bits, 16 letters and digits


@transaction.atomic
def issue(totp: Totp) -> list[str]:
    """Ten new codes in place of the old ones. They are not to be had again."""
    totp.recovery_codes.all().delete()
    codes = [base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode() for _ in range(MANY)]
    salts = [secrets.token_hex(16) for _ in codes]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(totp=totp, salt=salt, digest=_digest(salt, code, settings.SECRET_KEY))
        for salt, code in zip(salts, codes, strict=True)
    )
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def take(totp: Totp, text: str) -> bool:
    """Is this one of the codes that are left? Then it is used up."""
    code = "".join(letter for letter in text.upper() if letter.isalnum())
    for row in totp.recovery_codes.filter(used_at=None):
        if any(constant_time_compare(_digest(row.salt, code, key), row.digest) for key in _keys()):
            return bool(RecoveryCode.objects.filter(pk=row.pk, used_at=None).update(used_at=timezone.now()))
    return False


def left(totp: Totp) -> int:
    """How many codes are left."""
    return totp.recovery_codes.filter(used_at=None).count()


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _digest(salt: str, code: str, key: str) -> str:
    return salted_hmac(f"concord.people.recovery.{salt}", code, key, algorithm="sha256").hexdigest()
