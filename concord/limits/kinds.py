"""Which kind of call a request is; each kind has a rate of its own."""

from typing import Any

from django.conf import settings

START, READ, WRITE, SOCKET, FAILED = "start", "read", "write", "socket", "failed"
STARTS = frozenset({"/operations", "/console/operations/new/start"})
FREE = frozenset({"/health"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def kind_of(scope: Any) -> str:
    """The kind; empty for what is not counted: health, and the files of the pages."""
    if scope["type"] == "websocket":
        return SOCKET
    path: str = scope["path"]
    if path in FREE or path.startswith(settings.STATIC_URL):
        return ""
    if scope["method"] in SAFE:
        return READ
    return START if path in STARTS else WRITE
