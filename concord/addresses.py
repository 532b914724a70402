"""From which address a request comes, behind none or some proxies."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = ""  # a Unix socket has no address
SUBSCRIBER = 64  # bits of an IPv6 address that a subscriber cannot choose


def client_address(asked: HttpRequest | Mapping[str, Any]) -> str:
    """The client's address in its shortest spelling; ``UNKNOWN`` where the connection has none.

    ``asked`` is a request of Django's, its META, or an ASGI scope. X-Forwarded-For is written by anybody: only as many
    of its last entries are believed as there are proxies of our own (TRUSTED_PROXIES), each of which adds one.
    """
    peer, forwarded = _from_scope(asked) if _is_scope(asked) else _from_meta(getattr(asked, "META", asked))
    believed = forwarded.split(",")[-settings.TRUSTED_PROXIES :] if settings.TRUSTED_PROXIES > 0 else []
    return (_spelled(believed[0]) if believed else UNKNOWN) or _spelled(peer)


def neighbourhood(address: str) -> str:
    """What to count by: an IPv4 address itself, the /64 of an IPv6 address, whose other bits a subscriber chooses."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, SUBSCRIBER), strict=False))


def _is_scope(asked: Any) -> bool:
    return isinstance(asked, Mapping) and "headers" in asked


def _from_scope(scope: Any) -> tuple[str, str]:
    lines = [value.decode("latin1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    client = scope.get("client")
    return (str(client[0]) if client else UNKNOWN), ",".join(lines)


def _from_meta(meta: Any) -> tuple[str, str]:
    return meta.get("REMOTE_ADDR") or UNKNOWN, meta.get("HTTP_X_FORWARDED_FOR") or ""


def _spelled(text: str) -> str:
    """The address in ``text``, which may have a port; an IPv4 address that came as IPv6 as itself; or ``UNKNOWN``."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return UNKNOWN
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
