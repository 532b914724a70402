"""The WebSockets' front door: who comes in, and to which consumer."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.conf import settings
from django.urls import re_path

from concord.limits import callers
from concord.socket_guard import Guard
from escalations import consumers as escalations
from operations import consumers as operations
from operations.authentication import presented
from operations.models import Anyone, ApiKey


class Doorkeeper:
    """Lets in programs by the key in their handshake's headers, and people by the session of their browser.

    Only a session needs the check of the origin: a browser sends its cookies with the handshake that any page asks
    for, but no page can make it send a key, or leave out the origin.
    """

    def __init__(self, application: Any):
        self.application = application
        self.people = AllowedHostsOriginValidator(AuthMiddlewareStack(application))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = {name.lower(): value.decode("latin1") for name, value in scope["headers"]}
        key = presented(headers.get(b"authorization", ""), headers.get(b"x-api-key", ""))
        if not key and (settings.API_KEY_REQUIRED or b"origin" in headers):
            return await self.people(scope, receive, send)
        client = await database_sync_to_async(ApiKey.objects.find)(key) if key else Anyone()
        if client is None:
            return await WebsocketDenier()(scope, receive, send)
        if isinstance(client, ApiKey):
            scope[callers.SAYS] = f"key:{client.pk}"
        return await self.application(scope | {"user": client}, receive, send)


routes: list[Any] = [
    *operations.websocket_urlpatterns,
    *escalations.websocket_urlpatterns,
    re_path("", WebsocketDenier.as_asgi()),  # type: ignore[arg-type]  # django-stubs know views only
]
websockets = Doorkeeper(Guard(URLRouter(routes)))
