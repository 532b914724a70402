"""JSON values as texts that a person edits, and back, exactly."""

import json
from typing import Any

from operations.canonical import canonical
from operations.parsing import UNKEEPABLE, loads
from operations.showing import visible


class Unreadable(ValueError):
    """The text cannot be read; the message says what to write instead."""


def spelled(value: Any) -> str:
    """``value`` as indented JSON, with invisible characters as escapes."""
    return visible(json.dumps(value, indent=2, ensure_ascii=False))


def brief(value: Any) -> str:
    """``value`` as JSON on one line."""
    return visible(json.dumps(value, ensure_ascii=False))


def read_json(text: str) -> Any:
    """The value that ``text`` spells. Raises `Unreadable`, naming line and column where they are known."""
    if not text.strip():
        raise Unreadable("Write a JSON value: a text stands in quotes, nothing is null.")
    try:
        value = loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except RecursionError as error:
        raise Unreadable("It is nested too deeply.") from error
    except ValueError as error:
        raise Unreadable(f"This is not JSON: {error}.") from error
    if not keepable(value):
        raise Unreadable("A text must not contain NUL characters or half of a surrogate pair.")
    return value


def keepable(value: Any) -> bool:
    """Can a database keep ``value``?"""
    if isinstance(value, str):
        return not UNKEEPABLE.search(value)
    if isinstance(value, dict):
        return all(keepable(part) for pair in value.items() for part in pair)
    return not isinstance(value, list) or all(keepable(part) for part in value)


def same(one: Any, other: Any) -> bool:
    """Are they the same JSON value? 5 is neither 5.0 nor "5", and 1 is not true."""
    return canonical(one) == canonical(other)
