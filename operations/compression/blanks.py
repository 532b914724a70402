"""What an empty cell of a column stands for: a value, the cell above, the cell above plus a step, another column.

As text behind the column's name: ``=2025``, ``=^``, ``=^+1``, ``=99000<CLERK_NO>``, and where there is more to it
``=~"<message:1> of <done> rows"``, in which ``message:1`` is a column of its own that only helps to say this one.
``<sha256[12]>`` is what the column begins with, so many characters of it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import ClassVar

from operations.compression.cells import MISSING, NULL, PATTERN, NotEncoded, compact, content, is_text, read, write

PART = re.compile(r"(.*?)(?:\[([1-9][0-9]*)\])?", re.DOTALL)
NAME = re.compile(r"(?:@|[\w$][\w$ -]*(?:\.[\w$][\w$ -]*)*)(?::[0-9]+)?")
PLAIN = re.compile(r"[\w .:;/&?+-]*")  # what a template may have around the other column's name
TEMPLATE = re.compile(r"([^<]*)<([^>]*)>(.*)")
STEP = re.compile(r"\^([+-][0-9]+)")
SAMPLE = 24
COUNTED = 0.8  # share of the rows that go on by the same step, where it is told


@dataclass(frozen=True)
class Literal:
    """Always this value."""

    identity: str

    follows: ClassVar[tuple[str, ...]] = ()

    def means(self, above: str, other: Mapping[str, str]) -> str:
        return self.identity

    def text(self, is_json: bool) -> str:
        if is_json:
            return self.identity or r"\M"
        cell = write(self.identity)
        return cell if re.fullmatch(r"[^=^<>{}]*", cell) else compact(content(self.identity))


@dataclass(frozen=True)
class Above:
    """The value above, plus ``step`` if that is a whole number."""

    step: int = 0

    follows: ClassVar[tuple[str, ...]] = ()

    def means(self, above: str, other: Mapping[str, str]) -> str | None:
        return _plus(above, self.step) if self.step else above

    def text(self, is_json: bool) -> str:
        return f"^{self.step:+d}" if self.step else "^"


@dataclass(frozen=True)
class Template:
    """The value of the column ``name`` in the same row, with text before and after it."""

    name: str
    before: str = ""
    after: str = ""

    @property
    def follows(self) -> tuple[str, ...]:
        return (self.name,)

    def means(self, above: str, other: Mapping[str, str]) -> str:
        return self.from_value(other[self.name])

    def from_value(self, identity: str) -> str:
        if identity in (MISSING, NULL) or not (self.before or self.after):
            return identity
        return compact(f"{self.before}{content(identity)}{self.after}")

    def text(self, is_json: bool) -> str:
        return f"{self.before}<{self.name}>{self.after}"


@dataclass(frozen=True)
class Pattern:
    """The texts of several columns with ``texts`` before, between and after them.

    ``firsts`` says of how many of them only so many characters are meant; 0 is all.
    """

    follows: tuple[str, ...]
    texts: tuple[str, ...]
    firsts: tuple[int, ...] = ()

    def means(self, above: str, other: Mapping[str, str]) -> str:
        return self.from_values([other[name] for name in self.follows])

    def from_values(self, identities: Sequence[str]) -> str:
        parts = list(map(content, identities))
        if any(self.firsts):
            parts = [part[: first or None] for part, first in zip(parts, self.firsts, strict=True)]
        return compact("".join(chain.from_iterable(zip(["", *parts], self.texts, strict=True))))

    def text(self, is_json: bool) -> str:
        firsts = self.firsts or (0,) * len(self.follows)
        parts = [
            f"<{name}[{first}]>" if first else f"<{name}>" for name, first in zip(self.follows, firsts, strict=True)
        ]
        return "~" + compact("".join(chain.from_iterable(zip(["", *parts], self.texts, strict=True))))

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        parts = re.split(r"<([^<>]*)>", text)
        named = [PART.fullmatch(name) for name in parts[1::2]]
        firsts = tuple(int(found[2] or 0) for found in named if found)
        return cls(tuple(found[1] for found in named if found), tuple(parts[::2]), firsts if any(firsts) else ())


Blank = Literal | Above | Template | Pattern


def parse(text: str, is_json: bool) -> Blank:
    """The rule that `text` wrote. Raises `NotEncoded`."""
    if text.startswith(PATTERN):
        return Pattern.parse(content(text[1:]))
    if text == "^":
        return Above()
    if step := STEP.fullmatch(text):
        return Above(int(step[1]))
    if not is_text(text) and (not is_json or text.startswith("<")) and (template := TEMPLATE.fullmatch(text)):
        return Template(template[2], template[1], template[3])
    if is_json:
        return Literal(MISSING if text == r"\M" else text)
    if not text:
        raise NotEncoded("A column lacks what its empty cells mean")
    return Literal(read(text))


def best(values: Sequence[str], is_json: bool, sources: Mapping[str, Sequence[str]]) -> Blank | None:
    """The rule that saves the most characters in a column of identities, or None if none saves any.

    ``sources`` are the columns that a template may refer to; they may have more rows.
    """
    most, found = 0.0, None
    for rule in _candidates(values, is_json, sources):
        saved = gain(rule, values, is_json, sources)
        if saved > most:
            most, found = saved, rule
    return found


def gain(rule: Blank, values: Sequence[str], is_json: bool, sources: Mapping[str, Sequence[str]]) -> float:
    """The characters that a rule saves, less those that it takes in the header."""
    followed = [sources[name][: len(values)] for name in rule.follows]
    return saved_by(rule, values, followed) - len(rule.text(is_json)) - 2


def _candidates(values: Sequence[str], is_json: bool, sources: Mapping[str, Sequence[str]]) -> Iterator[Blank]:
    weights = Counter(values)
    usual = max(weights, key=lambda identity: (weights[identity] * (len(identity) + 3), identity))
    if weights[usual] > 1 or len(values) == 1:
        yield Literal(usual)
    if len(values) > 1 and len(weights) > 1:
        yield Above()
        if step := _usual_step(values):
            yield Above(step)
        yield from _templates(values, is_json, sources)


def _usual_step(values: Sequence[str]) -> int:
    differences: Counter[int] = Counter()
    for above, value in pairwise(values[: SAMPLE * 4]):
        numbers = _whole(above), _whole(value)
        if numbers[0] is not None and numbers[1] is not None:
            differences[numbers[1] - numbers[0]] += 1
    usual = max(differences, key=lambda step: (differences[step], -step), default=0)
    return usual if differences[usual] >= COUNTED * (len(values[: SAMPLE * 4]) - 1) else 0


def _templates(values: Sequence[str], is_json: bool, sources: Mapping[str, Sequence[str]]) -> Iterator[Blank]:
    shown = [row for row, identity in enumerate(values[: SAMPLE * 4]) if identity not in (MISSING, NULL)]
    rows = shown[:: max(1, len(shown) // SAMPLE)]
    for name, source in sources.items():
        found = Counter(_around(values[row], source[row], is_json) for row in rows)
        around, times = found.most_common(1)[0] if found else (None, 0)
        if around is not None and times > len(rows) / 3 and PLAIN.fullmatch(around[0]) and PLAIN.fullmatch(around[1]):
            yield Template(name, *around)


def _around(identity: str, source: str, is_json: bool) -> tuple[str, str] | None:
    """What stands before and after the source's text in the value's text."""
    if identity == source:
        return "", ""
    if is_json or source in (MISSING, NULL):
        return None
    text, inner = content(identity), content(source)
    if len(inner) < 2 or (position := text.find(inner)) < 0 or text == inner:
        return None
    return text[:position], text[position + len(inner) :]


def saved_by(rule: Blank, values: Sequence[str], followed: Sequence[Sequence[str]]) -> float:
    """Characters that need not be written."""
    match = meant(rule, values, followed)
    return sum(len(value) + 1 for value, expected in zip(values, match, strict=True) if value == expected)


def meant(rule: Blank, values: Sequence[str], followed: Sequence[Sequence[str]]) -> Sequence[str | None]:
    """What an empty cell would mean in each row of a column of ``values``. ``followed`` are those it follows."""
    if isinstance(rule, Literal):
        return [rule.identity] * len(values)
    if isinstance(rule, Template):
        return [rule.from_value(identity) for identity in followed[0]]
    if isinstance(rule, Pattern):
        return [rule.from_values(identities) for identities in zip(*followed, strict=True)]
    above = [MISSING, *values[:-1]]
    return [_plus(identity, rule.step) for identity in above] if rule.step else list(above)


def _whole(identity: str) -> int | None:
    """The whole number that a value is or that its text says in the usual way."""
    text = identity.strip('"')
    if len(text) > 15 or not text.isascii():
        return None
    if not text.removeprefix("-").isdigit():
        return None
    return int(text)


def _plus(identity: str, step: int) -> str | None:
    """The value ``step`` further; a text keeps its leading zeros."""
    number = _whole(identity)
    if number is None:
        return None
    further = number + step
    if not is_text(identity):
        return str(further)
    return f'"{further:0{len(identity) - 2}d}"' if identity[1] == "0" and number >= 0 else f'"{further}"'
