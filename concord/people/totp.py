"""Codes of authenticator apps (RFC 6238): enrolling one, and taking its codes, each once."""

import base64
import secrets
import time
from urllib.parse import quote, urlencode

import segno
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_otp.oath import TOTP

from concord.people import crypt, recovery
from concord.people.models import Totp

ISSUER = "Concord"
SECONDS = 30
DIGITS = 6
TOLERANCE = 1  # steps before and after, for clocks that differ


def of(user: User) -> Totp | None:
    """The person's authenticator, once it is confirmed."""
    return Totp.objects.filter(user=user, confirmed=True).first()


def begin(user: User, *, anew: bool = False) -> bytes:
    """The secret of the authenticator that the person is enrolling: the same until it is confirmed, or ``anew``."""
    totp = Totp.objects.filter(user=user).first()
    if totp and totp.confirmed:
        raise ValueError("there is one already")
    if totp and not anew:
        try:
            return crypt.decrypt(totp.secret)
        except crypt.Unreadable:
            pass
    secret = secrets.token_bytes(20)
    given = {"secret": crypt.encrypt(secret), "confirmed": False, "name": ISSUER}
    Totp.objects.update_or_create(user=user, defaults=given)
    return secret


@transaction.atomic
def confirm(user: User, code: str) -> list[str]:
    """End the enrolling with a first code. Returns the recovery codes, to be shown once; none if the code is wrong."""
    totp = Totp.objects.select_for_update().filter(user=user, confirmed=False).first()
    if totp is None or not take(totp, code):
        return []
    totp.confirmed = True
    totp.save(update_fields=["confirmed"])
    return recovery.issue(totp)


def take(totp: Totp, code: str) -> bool:
    """Is this one of its codes of now, and newer than the last that was taken? Then it is taken."""
    digits = "".join(code.split())
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdigit()):
        return False
    app = TOTP(crypt.decrypt(totp.secret), SECONDS, digits=DIGITS)
    app.time = time.time()
    if not app.verify(int(digits), TOLERANCE):
        return False
    older = Q(pk=totp.pk, last_step__lt=app.t())
    return bool(Totp.objects.filter(older).update(last_step=app.t(), last_used_at=timezone.now()))


def remove(user: User) -> bool:
    """Take the person's authenticator away, and its recovery codes. Was there one?"""
    return bool(Totp.objects.filter(user=user).delete()[0])


def spelled(secret: bytes) -> str:
    """The secret as one types it into an app."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture(user: User, secret: bytes) -> str:
    """The QR code that an app reads, as SVG."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    given = urlencode({"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": ISSUER})
    code = segno.make(f"otpauth://totp/{label}?{given}", error="m", micro=False)
    return code.svg_inline(scale=4, border=4, dark="#000", light="#fff", title="QR code of the secret", svgclass="qr")
