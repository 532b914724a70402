"""Reading a request's JSON strictly: what a database cannot keep, or what nobody means, is refused by name."""

import json
import math
import re
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from operations.problem import Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


class StrictJsonParser(BaseParser):
    """JSON in UTF-8 of at most 1 MB, 20 levels deep, without repeated names, NaN, or NUL characters."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise Problem(413, f"The body is larger than {MAX_BYTES:,} bytes. Large data goes by reference.")
        return strict_json(body, "The body")


def strict_json(body: bytes, what: str) -> Any:
    """The value in ``body``. Raises `Problem` or `ParseError`, which begin with ``what`` it is, where it is refused."""
    try:
        value = loads(body)
    except UnicodeDecodeError as error:
        raise ParseError(f"{what} is not UTF-8.") from error
    except RecursionError as error:
        raise ParseError(f"{what} is nested deeper than {MAX_DEPTH} levels.") from error
    except ValueError as error:
        raise ParseError(f"{what} is not JSON: {error}") from error
    _check(value)
    return value


def loads(text: str | bytes) -> Any:
    """The JSON value of ``text``. Raises `ValueError` also for repeated names, NaN and numbers that are too large."""
    return json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} comes twice in one object")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text} is too large")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _check(value: Any, path: str = "", depth: int = 1) -> None:
    """Refuse texts that PostgreSQL cannot keep, and nesting that nobody can read. ``path`` is that of ``value``."""
    if depth > MAX_DEPTH:
        raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name, path)
            _check(inner, f"{path}.{name}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check(inner, f"{path}.{index}".lstrip("."), depth + 1)


def _check_text(text: str, path: str) -> None:
    if UNKEEPABLE.search(text):
        raise Problem(400, "A text must not contain NUL characters or half of a surrogate pair.", field=path)
