"""Who is calling the API: a client with a key, a person with a session, or, where that is allowed, anybody."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from operations.models import Anyone, ApiKey

USED_EVERY = timedelta(minutes=1)  # last_used_at is no more exact than this, so that reading does not mean writing
REFUSAL = "This API key is not valid."  # the same for every reason


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY` or `X-API-Key: KEY`."""

    def authenticate(self, request: Request) -> tuple[ApiKey, None] | None:
        key = presented(request.headers.get("Authorization", ""), request.headers.get("X-API-Key", ""))
        if not key:
            return None
        client = ApiKey.objects.find(key)
        if client is None:
            raise AuthenticationFailed(REFUSAL)
        _note_use(client)
        return client, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="concord"'


class OpenAuthentication(BaseAuthentication):
    """With `API_KEY_REQUIRED=false`, whoever sends no key is let in as `Anyone`. Comes last."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        return None if settings.API_KEY_REQUIRED else (Anyone(), None)


class PersonAuthentication(SessionAuthentication):
    """A person's session, with Django's protection against forged requests."""


def presented(authorization: str, x_api_key: str) -> str:
    """The key in these two headers' values; empty where there is none."""
    scheme, _, credentials = authorization.partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else x_api_key.strip()


def _note_use(client: ApiKey) -> None:
    """Of the two secrets of a key that is being rotated, of the one that was shown."""
    field = "old_used_at" if client.shown == client.old_digest else "last_used_at"
    now, last = timezone.now(), getattr(client, field)
    if last is None or last < now - USED_EVERY:
        long_ago = Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lt": now - USED_EVERY})
        ApiKey.objects.filter(long_ago, pk=client.pk).update(**{field: now})
