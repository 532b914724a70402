"""Finds the account of who comes from the provider, or makes it; or says why there is none."""

from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from concord.people.models import Identity
from concord.people.oidc import groups, provider

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # with the provider's public key: neither none nor our secret
LEEWAY = 60  # seconds between the clocks
NAME_LENGTH, SUBJECT_LENGTH = 150, 255  # the columns


class Refused(Exception):
    """The person is who he is, and does not come in. The text says why, to him."""


def _from_provider(name: str) -> property:
    return property(lambda self: provider.setting(name))


class OidcBackend(OIDCAuthenticationBackend):
    """Used for the callback alone (see concord.people.backend): without its nonce it finds nobody, and asks nothing."""

    OIDC_OP_TOKEN_ENDPOINT = _from_provider("OIDC_OP_TOKEN_ENDPOINT")
    OIDC_OP_JWKS_ENDPOINT = _from_provider("OIDC_OP_JWKS_ENDPOINT")
    OIDC_OP_USER_ENDPOINT = _from_provider("OIDC_OP_USER_ENDPOINT")
    OIDC_RP_CLIENT_ID = _from_provider("OIDC_RP_CLIENT_ID")
    OIDC_RP_CLIENT_SECRET = _from_provider("OIDC_RP_CLIENT_SECRET")
    OIDC_RP_SIGN_ALGO = "RS256"
    OIDC_RP_IDP_SIGN_KEY = None

    def __init__(self) -> None:  # the original asks the provider here
        self.UserModel = get_user_model()

    get_settings = staticmethod(provider.setting)

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> Any:
        if not (provider.is_configured() and kwargs.get("nonce") and kwargs.get("code_verifier")):
            return None
        return super().authenticate(request, **kwargs)

    def _verify_jws(self, payload: Any, key: Any) -> Any:
        try:
            claims = jwt.decode(
                payload,
                key,
                algorithms=ALGORITHMS,
                audience=settings.OIDC_CLIENT_ID,
                issuer=settings.OIDC_ISSUER,
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except jwt.PyJWTError as error:
            raise SuspiciousOperation(f"the ID token is not good: {error}") from error
        if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
            raise SuspiciousOperation("the ID token was made out to another client")
        if not 0 < len(_told(claims, "sub")) <= SUBJECT_LENGTH:
            raise SuspiciousOperation("the ID token names nobody")
        return claims

    def get_userinfo(self, access_token: Any, id_token: Any, payload: Any) -> dict[str, Any]:
        """The claims of the ID token; where they tell no groups, with what the provider tells beside it."""
        if settings.OIDC_GROUPS_CLAIM in payload or not self.OIDC_OP_USER_ENDPOINT:
            return payload
        told = super().get_userinfo(access_token, id_token, payload)
        if not isinstance(told, dict) or told.get("sub") != payload["sub"]:
            raise SuspiciousOperation("the user info is somebody else's")
        return told | payload

    def get_or_create_user(self, access_token: Any, id_token: Any, payload: Any) -> User:
        claims = self.get_userinfo(access_token, id_token, payload)
        names = groups.ours(claims)
        known = Identity.objects.filter(issuer=settings.OIDC_ISSUER, subject=claims["sub"]).first()
        if known:  # also where there are no groups any more: what he was let do ends now
            groups.follow(known.user, names)
        if not names:
            raise Refused("Your account at the provider is in no group that may use Concord.")
        user = known.user if known else _create(claims, names)
        if not user.is_active:
            raise Refused("Your account in Concord is switched off.")
        return user


def _create(claims: dict[str, Any], names: set[str]) -> User:
    """A new account, without a password. One of the same name is never taken for it: that could be anybody's."""
    name = _told(claims, "preferred_username") or claims["sub"]
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise Refused("Your name at the provider cannot be a name here.") from error
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                name[:NAME_LENGTH],
                first_name=_told(claims, "given_name")[:NAME_LENGTH],
                last_name=_told(claims, "family_name")[:NAME_LENGTH],
            )
            Identity.objects.create(user=user, issuer=settings.OIDC_ISSUER, subject=claims["sub"])
            groups.follow(user, names)
    except IntegrityError as error:
        raise Refused(
            f"There is an account named {name} in Concord already."
            " An administrator can link it to yours at the provider."
        ) from error
    return user


def _told(claims: dict[str, Any], name: str) -> str:
    """A claim that is a text which can be kept and shown; else nothing."""
    value = claims.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""
