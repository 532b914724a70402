"""A column of a table: its name and type, what its empty cells mean, what its texts begin and end with.

As text: ``NAME`` holds strings and ``NAME#`` JSON; ``NAME@2`` has its lists in table 2; ``NAME{4741|Z}`` leaves out
what its texts begin and end with; ``NAME=…`` says what an empty cell means (see `blanks`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from operations.compression import blanks, composed
from operations.compression.blanks import Blank
from operations.compression.cells import (
    MISSING,
    NULL,
    WHOLE,
    NotEncoded,
    compact,
    content,
    is_text,
    read,
    write,
)
from workers import tokens

OWNER = "@"  # the column of a nested table that says which row it belongs to, or of a keyed one that has the keys
MARKED = re.compile(r"[\w .:;/&?+-]*[.:;/&?+_-]")  # up to where a word ends: identifiers stay whole
TRIED = 32  # values that a common beginning is tried on
SHORTEST = 3  # characters that are left out
LOOKED_AT = 2000  # rows that decide what the empty cells of a column mean


@dataclass
class Column:
    name: str
    values: list[str] = field(default_factory=list)  # identities
    child: int = 0  # the table that has its lists
    is_json: bool = False
    blank: Blank | None = None
    before: str = ""
    after: str = ""
    quoted: bool = False  # the name is written as JSON, and its dots are its own

    @property
    def has_affixes(self) -> bool:
        return bool(self.before or self.after)

    # --- writing ---

    def settle(self, sources: Mapping[str, Sequence[str]]) -> None:
        """Choose the type and what empty cells mean; ``sources`` are the columns that it may follow."""
        self.is_json = any(not is_text(identity) and identity not in (NULL, MISSING) for identity in self.values)
        seen = self.values[:LOOKED_AT]
        self.blank = blanks.best(seen, self.is_json, sources)
        rule = None if self.is_json else composed.pattern(seen, sources)
        if rule and blanks.gain(rule, seen, False, sources) > self._gain(seen, sources):
            self.blank = rule

    def _gain(self, seen: Sequence[str], sources: Mapping[str, Sequence[str]]) -> float:
        return blanks.gain(self.blank, seen, self.is_json, sources) if self.blank else 0.0

    def cells(self, columns: Mapping[str, "Column"]) -> list[str]:
        """The column's cells, empty where the rule says what is meant."""
        expected: Sequence[str | None] = [None] * len(self.values)
        if self.blank:
            followed = [columns[name].values for name in self.blank.follows]
            expected = blanks.meant(self.blank, self.values, followed)
        shown = [value != meant for value, meant in zip(self.values, expected, strict=True)]
        if self.is_json:
            return [(value or r"\M") if show else "" for value, show in zip(self.values, shown, strict=True)]
        explicit = [value for value, show in zip(self.values, shown, strict=True) if show and is_text(value)]
        self.before, self.after = affixes(explicit)
        cell = {value: self._cell(value) for value in set(self.values)}
        return [cell[value] if show else "" for value, show in zip(self.values, shown, strict=True)]

    def _cell(self, identity: str) -> str:
        if not self.has_affixes or not is_text(identity):
            return write(identity)
        text = content(identity)
        short = text.removeprefix(self.before)
        if len(text) >= len(self.before) + len(self.after) and text == f"{self.before}{short}":
            if not self.after:
                return write(compact(short))
            if short.endswith(self.after):
                return write(compact(short[: -len(self.after)]))
        return WHOLE + write(identity)

    def label(self) -> str:
        """Name and type."""
        name = compact(self.name) if self.quoted else self.name
        return name + (f"@{self.child}" if self.child else "#" if self.is_json else "")

    def rule(self) -> str:
        """What an empty cell means."""
        return "=" + self.blank.text(self.is_json) if self.blank else ""

    def spec(self) -> str:
        """All of it, as the header says it."""
        inner = f"{{{self.before}|{self.after}}}" if self.after else f"{{{self.before}}}" if self.before else ""
        return self.label() + inner + self.rule()

    def fill(self, free: Sequence[bool], sources: Mapping[str, Sequence[str]]) -> None:
        """Where it is free to have any value, take what an empty cell means anyway."""
        if self.blank is None:
            self.blank = blanks.Literal('""')
        above = MISSING
        for row, is_free in enumerate(free):
            if is_free:
                meant = self.blank.means(above, {name: sources[name][row] for name in self.blank.follows})
                self.values[row] = above if meant is None else meant
            above = self.values[row]

    # --- reading ---

    @property
    def helps(self) -> bool:
        """Does it only help to say another column?"""
        return ":" in self.name and not self.quoted

    def take(self, cells: Sequence[str], columns: Mapping[str, "Column"]) -> None:
        """Read the column's values from its cells. The columns it follows have been read before."""
        above = MISSING
        for row, cell in enumerate(cells):
            above = self._read(cell) if cell else self._blank(row, above, columns)
            self.values.append(above)

    def _read(self, cell: str) -> str:
        if self.is_json:
            return MISSING if cell == r"\M" else cell
        if cell.startswith(WHOLE):
            return read(cell.removeprefix(WHOLE))
        identity = read(cell)
        if self.has_affixes and is_text(identity):
            return compact(f"{self.before}{content(identity)}{self.after}")
        return identity

    def _blank(self, row: int, above: str, columns: Mapping[str, "Column"]) -> str:
        if self.blank is None:
            raise NotEncoded(f"An empty cell in {self.name}, which does not say what that means")
        if absent := [name for name in self.blank.follows if name not in columns or row >= len(columns[name].values)]:
            raise NotEncoded(f"{self.name} follows {absent[0]}, which is not there")
        meant = self.blank.means(above, {name: columns[name].values[row] for name in self.blank.follows})
        if meant is None:
            raise NotEncoded(f"{self.name} counts on from what is no number")
        return meant


def affixes(identities: Sequence[str]) -> tuple[str, str]:
    """What most of these texts begin with and all of them end with, where leaving it out saves tokens."""
    texts = [content(identity) for identity in dict.fromkeys(identities[:LOOKED_AT])]
    if len(texts) < 2:
        return "", ""
    tried = texts[:: max(1, len(texts) // TRIED)][:TRIED]
    every = (content(identity) for identity in set(identities))
    after = _up_to_a_mark(_shared_beginning([text[::-1] for text in every]))[::-1]
    before = _up_to_a_mark(_usual_beginning([text[: len(text) - len(after)] for text in tried]))
    return min(product((before, ""), (after, "")), key=lambda both: (_tokens(tried, *both), both))


def _up_to_a_mark(text: str) -> str:
    found = MARKED.match(text)
    return found[0] if found and len(found[0]) >= SHORTEST else ""


def _shared_beginning(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    length = next((index for index, letter in enumerate(first) if last[index] != letter), len(first))
    return first[:length]


def _usual_beginning(texts: Sequence[str]) -> str:
    """The longest beginning that four of five share."""
    beginning, left = "", list(texts)
    while True:
        following = Counter(text[len(beginning)] for text in left if len(text) > len(beginning))
        if not following:
            return beginning
        letter, times = min(following.items(), key=lambda item: (-item[1], item[0]))
        if times < 0.8 * len(texts):
            return beginning
        beginning += letter
        left = [text for text in left if text.startswith(beginning)]


def _tokens(texts: Sequence[str], before: str, after: str) -> float:
    cells = []
    for text in texts:
        fits = text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after)
        cells.append(text[len(before) : len(text) - len(after)] or '""' if fits else WHOLE + text)
    return tokens.count(",".join(cells)) + (tokens.count(f"{{{before}|{after}}}") if before + after else 0)
