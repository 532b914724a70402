"""What every answer says to browsers, whoever made it: a view, the static files, or a refusal before either."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from concord import csp

Message = MutableMapping[str, Any]
Header = tuple[bytes, bytes]

DEVICES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
GUARDS = {
    csp.HEADER: csp.STRICT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{device}=()" for device in DEVICES),
}
HSTS = "max-age={}; includeSubDomains; preload"


class AnswerHeaders:
    """Wraps the application for HTTP: an answer keeps its own headers, and gets those of `guards` that it lacks.

    What is not a static file is also kept in no cache, unless it says itself how it may be.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self._static = f"/{settings.STATIC_URL.strip('/')}/"
        self._guards = guards()

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        wanted = self._guards if scope["path"].startswith(self._static) else [*self._guards, NO_STORE]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": with_missing(message["headers"], wanted)}
            await send(message)

        await self.application(scope, receive, sending)


NO_STORE: Header = (b"cache-control", b"no-store")


def guards() -> list[Header]:
    """The headers for every answer, as ASGI takes them."""
    found = dict(GUARDS)
    if settings.SECURE_HSTS_SECONDS:
        found["Strict-Transport-Security"] = HSTS.format(settings.SECURE_HSTS_SECONDS)
    return [(name.lower().encode(), value.encode()) for name, value in found.items()]


def with_missing(headers: Any, wanted: list[Header]) -> list[Header]:
    """The headers of an answer, and after them those wanted ones that it has not."""
    own = [(bytes(name), bytes(value)) for name, value in headers]
    names = {name.lower() for name, _ in own}
    return own + [header for header in wanted if header[0] not in names]
