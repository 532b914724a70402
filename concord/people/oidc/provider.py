"""What is known of the provider: our settings, and what it says of itself at its well-known address."""

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from mozilla_django_oidc.utils import import_from_settings

WELL_KNOWN = "/.well-known/openid-configuration"
BELIEVED = 600.0  # seconds
TIMEOUT = 5
ADDRESSES = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Unusable(Exception):
    """The provider cannot be asked, or says what cannot be. The text is for the log and the doctor."""


class Known:
    """The newest description of each issuer, and when it was read."""

    lock = threading.Lock()
    found: dict[str, tuple[float, dict[str, Any]]] = {}


def is_configured() -> bool:
    return bool(settings.OIDC_ISSUER)


def description() -> dict[str, Any]:
    """What the provider says of itself; for ten minutes, and for longer while it cannot be asked. Raises Unusable."""
    issuer = settings.OIDC_ISSUER
    with Known.lock:
        at, kept = Known.found.get(issuer, (0.0, {}))
        if kept and time.monotonic() - at < BELIEVED:
            return kept
    try:
        fetched = fetch(issuer)
    except Unusable:
        if kept:
            return kept
        raise
    with Known.lock:
        Known.found[issuer] = (time.monotonic(), fetched)
    return fetched


def fetch(issuer: str) -> dict[str, Any]:
    """Ask the provider now. Raises Unusable."""
    try:
        response = requests.get(issuer.rstrip("/") + WELL_KNOWN, timeout=TIMEOUT, allow_redirects=False)
        response.raise_for_status()
        said = response.json()
    except (requests.RequestException, ValueError) as error:
        raise Unusable(f"{issuer}{WELL_KNOWN} cannot be read ({type(error).__name__})") from error
    if not isinstance(said, dict) or said.get("issuer") != issuer:
        raise Unusable(f"it says that its issuer is {said.get('issuer') if isinstance(said, dict) else said!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe(said.get(name)):
            raise Unusable(f"its {name} is {said.get(name)!r}: no https address")
    return said


def is_safe(url: Any) -> bool:
    """Is this an address by HTTPS, or of this machine?"""
    parts = urlsplit(url if isinstance(url, str) else "")
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def setting(name: str, *default: Any) -> Any:
    """A setting as mozilla-django-oidc calls it."""
    if name in ADDRESSES:
        return description().get(ADDRESSES[name])
    if name == "OIDC_TOKEN_USE_BASIC_AUTH":
        ways = description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in ways
    ours = {
        "OIDC_RP_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "OIDC_RP_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
        "OIDC_RP_SCOPES": settings.OIDC_SCOPES,
        "OIDC_RP_SIGN_ALGO": "RS256",  # that is: keys come from the provider's list
        "OIDC_USE_PKCE": True,
        "OIDC_TIMEOUT": TIMEOUT,
        "OIDC_AUTHENTICATION_CALLBACK_URL": "login-oidc-callback",
    }
    return ours[name] if name in ours else import_from_settings(name, *default)
