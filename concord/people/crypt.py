"""Keeps the secrets of authenticators from whoever reads the database alone."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """The text was encrypted with another SECRET_KEY."""


def encrypt(data: bytes) -> str:
    return _keys().encrypt(data).decode()


def decrypt(text: str) -> bytes:
    """What ``encrypt`` was given. Raises Unreadable."""
    try:
        return _keys().decrypt(text)
    except InvalidToken as error:
        raise Unreadable("SECRET_KEY is another one than when this was encrypted") from error


def _keys() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"concord.people").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
