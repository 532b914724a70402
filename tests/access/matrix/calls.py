"""Every call that the URL resolver knows, and a request that makes it, with all that it needs to succeed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.matrix.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PARAMETER = re.compile(r"\(\?P<\w+>[^)]*\)|<(?:\w+:)?\w+>")
SPECIAL = str.maketrans("", "", "^$\\")


@dataclass(frozen=True)
class Call:
    """A pattern as the README writes it (`{id}` for what it takes), its name, and what it takes."""

    path: str
    name: str
    takes: tuple[str, ...]

    def at(self, world: World) -> str:
        """The address at which ``world`` has what the call is about."""
        filled = self.path
        for parameter in self.takes:
            filled = filled.replace("{id}", str(world.value(self.path, parameter)), 1)
        return filled


def calls() -> Iterator[Call]:
    """All of them, in the order of the URLs; the first of several alike is the one that answers."""
    seen = set()
    for call in _walk(get_resolver().url_patterns, "/", ""):
        if call.path not in seen:
            seen.add(call.path)
            yield call


def _walk(patterns: list[Any], before: str, space: str) -> Iterator[Call]:
    for pattern in patterns:
        written = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, written, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern) and not _is_catch_all(written):
            takes = tuple(re.search(r"(\w+)>", found)[1] for found in PARAMETER.findall(written))  # type: ignore[index]
            path = PARAMETER.sub("{id}", written).translate(SPECIAL)
            yield Call(path, f"{space}{pattern.name or ''}", takes)


def _is_catch_all(written: str) -> bool:
    """The admin's own pattern for what is not there, and its redirects for addresses of long ago."""
    return written.endswith("(?P<url>.*)$") or re.fullmatch(r"/admin/\w+/\w+/<path:object_id>/", written) is not None
