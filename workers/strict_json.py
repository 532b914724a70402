"""Reading JSON strictly: what nobody means, or nothing can keep, is no JSON here."""

import json
import math
from typing import Any

MOST_DEEP = 64


def loads(text: str | bytes) -> Any:
    """The JSON value of ``text``. Raises `ValueError` also for repeated names, NaN and numbers that are too large."""
    return json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError(f"the name {_first_twice(pairs)!r} comes twice in one object")
    return value


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("no name comes twice")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def untrusted(data: bytes) -> Any:
    """The value in an answer from elsewhere. NUL characters and halves of a surrogate pair become U+FFFD.

    PostgreSQL keeps neither. Raises `ValueError` also for what is nested deeper than anybody means.
    """
    text = data.decode(errors="replace").replace("\0", "\ufffd")
    try:
        value = loads(text)
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {MOST_DEEP} levels") from error
    if text.count("[") + text.count("{") > MOST_DEEP or "\\u" in text:
        value = _kept(value, 1)
    return value


def _kept(value: Any, depth: int) -> Any:
    if depth > MOST_DEEP:
        raise ValueError(f"it is nested deeper than {MOST_DEEP} levels")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_kept(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {_text(name): _kept(inner, depth + 1) for name, inner in value.items()}
    return value


def _text(text: str) -> str:
    return text.replace("\0", "\ufffd").encode(errors="surrogatepass").decode(errors="replace")
