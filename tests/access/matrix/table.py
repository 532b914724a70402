"""The tables of the README's section "Who may do what": for each call, what each caller is answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

SECTION = re.compile(r"^## Who may do what\n(.*?)^## ", re.MULTILINE | re.DOTALL)
CALLS = re.compile(r"`([A-Z]+) ([^`]+)`")
MODELS = re.compile(r"`(\w+/\w+)`")
# What the admin's pages about a model are called, in words.
KINDS = {
    "list": [("GET", ""), ("POST", "")],
    "see": [("GET", "{id}/change/")],
    "change": [("POST", "{id}/change/")],
    "add": [("GET", "add/"), ("POST", "add/")],
    "delete": [("GET", "{id}/delete/"), ("POST", "{id}/delete/")],
    "history": [("GET", "{id}/history/"), ("POST", "{id}/history/")],
}


@dataclass(frozen=True)
class Row:
    """What a call asks of a key, and what it answers, by caller."""

    scopes: tuple[str, ...]
    cells: dict[str, str]


def rows(first: str) -> dict[tuple[str, str], Row]:
    """The rows, by method and path, of the table whose first column is called ``first``."""
    [section] = SECTION.findall((settings.BASE_DIR / "README.md").read_text())
    found: dict[tuple[str, str], Row] = {}
    lines = iter(section.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            header = _cells(line)
            next(lines)
            for row in _until_blank(lines):
                _read(row, header, found)
    return found


def _until_blank(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield line


def _read(line: str, header: list[str], found: dict[tuple[str, str], Row]) -> None:
    given = dict(zip(header, _cells(line), strict=True))
    first = given.pop(header[0])
    calls = CALLS.findall(first) or list(_of_models(first))
    scopes = tuple(re.findall(r"`([^`]+)`", given.pop("scope", "")))
    for method, path in calls:
        assert (method, path) not in found, f"{method} {path} stands there twice"
        found[method, path] = Row(scopes, given)


def _of_models(text: str) -> Iterator[tuple[str, str]]:
    """The calls behind "list, see: `auth/user` `auth/group`"."""
    kinds, _, models = text.partition(":")
    for kind in kinds.split(", "):
        for model in MODELS.findall(models):
            yield from ((method, f"/admin/{model}/{rest}") for method, rest in KINDS[kind])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
