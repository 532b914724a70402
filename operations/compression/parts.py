"""The parts of a value that can be told in fewer tokens than they take: its long texts, lists and objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from operations.compression import gathering
from operations.compression.references import Path

LONG_TEXT = 240  # characters
FEWEST_ROWS = 4
MANY_ENTRIES = 16
FEWEST_TURNS = 6
DEEPEST = 40
SPEAKERS = ("role", "speaker", "author", "from", "sender", "participant", "user", "username", "who", "name")
SAID = ("content", "text", "message", "utterance", "value", "body", "msg", "said")


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
    if isinstance(value, list) and speaker_and_said(value):
        return Kind.DIALOGUE
    if gathering.documents(value):
        return Kind.DOCUMENTS
    return Kind.ROWS if len(value) >= (MANY_ENTRIES if isinstance(value, dict) else FEWEST_ROWS) else None


def speaker_and_said(turns: list[Any]) -> tuple[str, str] | None:
    """The names under which each turn has its speaker and what was said, if these are turns of a dialogue."""
    if len(turns) < FEWEST_TURNS or not all(isinstance(turn, dict) for turn in turns):
        return None
    speaker = next((name for name in SPEAKERS if all(isinstance(turn.get(name), str) for turn in turns)), None)
    said = next(
        (name for name in SAID if all(name in turn and said_in(turn[name]) is not None for turn in turns)), None
    )
    if not speaker or not said or len({turn[speaker] for turn in turns}) > len(turns) / 2:
        return None
    return (speaker, said) if any(said_in(turn[said]) for turn in turns) else None


def said_in(value: Any) -> str | None:
    """What was said in a turn: a text, nothing, or the texts of its parts; None where it is none of these."""
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return "\n".join(part["text"] for part in value if isinstance(part.get("text"), str))
    return "" if value is None else value if isinstance(value, str) else None
