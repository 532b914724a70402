"""References to earlier results: ``#E1`` is the whole result of step E1, ``#E1.path.0.field`` a part of it.

A string that is exactly one reference keeps the value's type; inside a longer text the value becomes compact
JSON (a string stands as it is). ``##E1`` is the text ``#E1``. Inside an instance of a ``for_each`` step, ``#item``
is the element at hand. Every text is read once: what a reference brought in is never scanned again, so evidence
cannot smuggle in references of its own.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

REFERENCE = re.compile(r"#(#?)(E[1-9][0-9]*(?:\[[0-9]+\])?|item)(?![\w\[])((?:\.[\w$]+)*)")

Lookup = Callable[[str], Any]


class EvidenceError(Exception):
    """A reference leads nowhere; the text says where it broke off."""


def references(value: Any) -> Iterator[tuple[str, list[str]]]:
    """Every reference in ``value``, at any depth: (what it names, the path into it)."""
    if isinstance(value, str):
        for match in REFERENCE.finditer(value):
            if not match[1]:
                yield match[2], match[3].split(".")[1:]
    elif isinstance(value, dict):
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolve(value: Any, lookup: Lookup) -> Any:
    """``value`` with every reference replaced. ``lookup`` gives the result for a name, or raises `EvidenceError`."""
    if isinstance(value, str):
        return _resolve_text(value, lookup)
    if isinstance(value, dict):
        return {key: resolve(part, lookup) for key, part in value.items()}
    if isinstance(value, list):
        return [resolve(part, lookup) for part in value]
    return value


def _resolve_text(text: str, lookup: Lookup) -> Any:
    whole = REFERENCE.fullmatch(text)
    if whole and not whole[1]:
        return _follow(whole, lookup)
    return REFERENCE.sub(lambda match: match[0][1:] if match[1] else _as_text(_follow(match, lookup)), text)


def _follow(match: re.Match[str], lookup: Lookup) -> Any:
    """The value that a reference leads to. Numbers index lists."""
    value = lookup(match[2])
    for part in match[3].split(".")[1:]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise EvidenceError(f"{match[0]}: there is no {part!r} in {_described(value)}") from None
    return value


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(list(value)[:12]) + "}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"a {type(value).__name__}"


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
