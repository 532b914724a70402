"""Limits that a request's head alone tells: its address, its query, its length, how its body is packed."""

from typing import Any

from django.conf import settings

from concord.errors import PAGES
from concord.limits.refusal import Refusal

LONGEST_ADDRESS = 8_192
MOST_PARAMETERS = 200
NUL = "\0"  # which PostgreSQL takes in no text


def unfit(scope: Any) -> Refusal | None:
    """Why the request is refused before anything else is looked at; None where its head is as it should be."""
    query: bytes = scope["query_string"]
    if len(scope.get("raw_path") or scope["path"]) + len(query) > LONGEST_ADDRESS:
        return Refusal(414, f"The address has more than {LONGEST_ADDRESS:,} characters.")
    # The API itself names the parameter that is at fault.
    if NUL in scope["path"] or (scope["path"].startswith(PAGES) and b"%00" in query):
        return Refusal(400, "The address has a NUL character in it, which no name and no text may have.")
    if query.count(b"&") + 1 > MOST_PARAMETERS:
        return Refusal(400, f"The address has more than {MOST_PARAMETERS} query parameters.")
    headers = {name.lower(): value for name, value in scope["headers"]}
    if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
        return Refusal(415, "Compressed bodies are not taken: send it without Content-Encoding.")
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:20]) > settings.MAX_BODY_BYTES:
        return too_large()
    return None


def too_large() -> Refusal:
    most = settings.MAX_BODY_BYTES
    return Refusal(413, f"The body is larger than {most:,} bytes (MAX_BODY_BYTES). Large data goes by reference.")
