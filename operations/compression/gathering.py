"""Documents in the shapes that they come in: objects with a text, texts by their names, pairs, lists side by side."""

from typing import Any

Json = dict[str, Any]

KEY, TITLE, TEXT = "key", "title", "text"
LONG = 120  # characters of a document's text
LONGEST_TITLE = 100
FEWEST = 4  # texts of an object by name: fewer are its fields
MOSTLY = 0.6  # of the characters are in texts


def documents(value: Any) -> list[Json]:
    """The documents that a list or an object is made of, each an object with a text; none if it is no such thing."""
    found = _in_list(value) if isinstance(value, list) else _in_object(value)
    return found if len(found) > 1 and _are_texts(found) else []


def _in_list(value: list[Any]) -> list[Json]:
    if all(isinstance(one, dict) for one in value):
        return value
    if all(isinstance(one, str) for one in value):
        return [{TEXT: one} for one in value]
    if all(_is_pair(one) for one in value):
        return [{TITLE: title, TEXT: text} for title, text in value]
    return []


def _is_pair(value: Any) -> bool:
    """Is it a title and a text?"""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return False
    return len(value[0]) <= LONGEST_TITLE and bool(as_text(value[1]))


def _in_object(value: Json) -> list[Json]:
    inner = list(value.values())
    if len(inner) >= FEWEST and all(as_text(one) for one in inner):
        return [{KEY: name, TEXT: text} for name, text in value.items()]
    if len(inner) > 1 and all(isinstance(one, list) and len(one) == len(inner[0]) for one in inner):
        return [dict(zip(value, row, strict=True)) for row in zip(*inner, strict=True)]
    return []


def _are_texts(rows: list[Json]) -> bool:
    """Are most of these objects' characters in texts?"""
    names = text_names(rows)
    texts = sum(len(as_text(row[name])) for row in rows for name in names & row.keys())
    other = sum(_length(inner) for row in rows for name, inner in row.items() if name not in names)
    return texts >= 2 * LONG and texts > MOSTLY * (texts + other)


def text_names(rows: list[Json]) -> set[str]:
    """The names under which these objects have texts or lists of sentences, at least one of them long."""
    long = {name for row in rows for name, inner in row.items() if len(as_text(inner)) >= LONG}
    return {name for name in long if all(as_text(row[name]) or not row[name] for row in rows if name in row)}


def as_text(value: Any) -> str:
    """The text that a value is or that its sentences make; empty if it is anything else."""
    if isinstance(value, list):
        if not all(isinstance(one, str) for one in value) or sum(" " in one.strip() for one in value) < len(value) / 2:
            return ""
        return " ".join(one.strip() for one in value)
    return value if isinstance(value, str) else ""


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 8 * len(value) if isinstance(value, list | dict) else 6
