"""Reading a request's JSON strictly: what a database cannot keep, or what nobody means, is refused by name."""

import re
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from operations.problem import Problem
from workers.strict_json import loads

MAX_DEPTH = 20
MAX_VALUES = 50_000
LONGEST_TEXT = 250_000
LONGEST_NAME = 1_000
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


class StrictJsonParser(BaseParser):
    """JSON in UTF-8 of at most MAX_BODY_BYTES, 20 levels deep, without repeated names, NaN, or NUL characters."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        most = settings.MAX_BODY_BYTES
        body = stream.read(most + 1)
        if len(body) > most:
            raise Problem(
                413, f"The body is larger than {most:,} bytes (MAX_BODY_BYTES). Large data goes by reference."
            )
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
    left = _check(value, MAX_VALUES)
    if left < 0:
        raise ParseError(f"{what} has more than {MAX_VALUES:,} values.")
    return value


def _check(value: Any, left: int, path: str = "", depth: int = 1) -> int:
    """Refuse texts that PostgreSQL cannot keep, and nesting that nobody can read. ``path`` is that of ``value``.

    Returns how many more values there may be, of which ``left`` was; below 0 it has stopped looking.
    """
    left -= 1
    if depth > MAX_DEPTH:
        raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_text(value, path, LONGEST_TEXT)
    elif isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if left < 0:
                break
            if isinstance(name, str):
                _check_text(name, path, LONGEST_NAME)
            left = _check(inner, left, f"{path}.{name}".lstrip("."), depth + 1)
    return left


def _check_text(text: str, path: str, longest: int) -> None:
    if len(text) > longest:
        raise Problem(400, f"A text must not have more than {longest:,} characters.", field=path[:LONGEST_NAME])
    if UNKEEPABLE.search(text):
        raise Problem(400, "A text must not contain NUL characters or half of a surrogate pair.", field=path)
