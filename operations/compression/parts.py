"""The parts of a value that can be told in fewer tokens than they take: its long texts, lists and objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from operations.compression.references import Path

LONG_TEXT = 240  # characters
FEWEST_ROWS = 4
MANY_ENTRIES = 16
FEWEST_TURNS = 6
DEEPEST = 40
MOSTLY = 0.6  # of a list's characters are texts: it is a list of documents
DOCUMENT_TEXT = 120
SPEAKERS = ("role", "speaker", "author", "from", "sender", "participant")
SAID = ("content", "text", "message", "utterance")


class Kind(Enum):
    TEXT = "text"
    DIALOGUE = "dialogue"
    DOCUMENTS = "documents"
    ROWS = "rows"
    TOO_DEEP = "too deep"


@dataclass(frozen=True)
class Part:
    path: Path
    value: Any
    kind: Kind


def find(value: Any, path: Path = ()) -> Iterator[Part]:
    """The parts of ``value``, none within another."""
    kind = _kind(value, len(path))
    if kind:
        yield Part(path, value, kind)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from find(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from find(inner, (*path, number))


def _kind(value: Any, depth: int) -> Kind | None:
    if isinstance(value, str):
        return Kind.TEXT if len(value) >= LONG_TEXT else None
    if not isinstance(value, dict | list) or not value:
        return None
    if depth >= DEEPEST:
        return Kind.TOO_DEEP
    if isinstance(value, dict):
        return Kind.ROWS if len(value) >= MANY_ENTRIES else None
    return _kind_of_list(value)


def _kind_of_list(value: list[Any]) -> Kind | None:
    if speaker_and_said(value):
        return Kind.DIALOGUE
    if all(isinstance(one, dict) for one in value) and _are_documents(value):
        return Kind.DOCUMENTS
    return Kind.ROWS if len(value) >= FEWEST_ROWS else None


def speaker_and_said(turns: list[Any]) -> tuple[str, str] | None:
    """The names under which each turn has its speaker and what was said, if these are turns of a dialogue."""
    if len(turns) < FEWEST_TURNS or not all(isinstance(turn, dict) for turn in turns):
        return None
    speaker = next((name for name in SPEAKERS if all(isinstance(turn.get(name), str) for turn in turns)), None)
    said = next((name for name in SAID if all(isinstance(turn.get(name), str) for turn in turns)), None)
    return (speaker, said) if speaker and said else None


def _are_documents(rows: list[dict[str, Any]]) -> bool:
    """Are most of these objects' characters in texts?"""
    names = text_names(rows)
    texts = sum(len(as_text(row[name])) for row in rows for name in names & row.keys())
    other = sum(_length(inner) for row in rows for name, inner in row.items() if name not in names)
    return len(rows) > 1 and texts >= 2 * DOCUMENT_TEXT and texts > MOSTLY * (texts + other)


def text_names(rows: list[dict[str, Any]]) -> set[str]:
    """The names under which these objects have texts or lists of sentences, at least one of them long."""
    long = {name for row in rows for name, inner in row.items() if len(as_text(inner)) >= DOCUMENT_TEXT}
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
