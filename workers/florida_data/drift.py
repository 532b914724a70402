"""What became of the columns of a file whose header is not the pinned one, and how they might be read all the same.

A drifted file is held for a person: `process` fails with the proposal in its error, and takes the mapping that the
person decides on.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.florida_data.layouts import HeaderDrift, Layout, Member
from workers.florida_data.resemblance import FITS, FileColumn, Likeness, fit, likeness

LEAST = 0.5  # what resembles a column less is proposed to be left out
RECOGNISED = 0.97  # a header without a column that is as sure as this is none
MOST_TOLD = 8
MOST_DECIDED = 200
# What is shown of a name that is none: garbage may be of any length.
NAME_SHOWN = 60
MOST_COLUMNS = 400


@dataclass(frozen=True)
class Proposed:
    """A column of the file, the pinned column that it may be (empty: none), how sure that is and why."""

    name: str
    column: str
    score: float
    reason: str


@dataclass(frozen=True)
class Drift:
    """How a file's columns differ from the pinned ones, and a proposal for each of its columns, in their order."""

    layout: Layout
    proposals: list[Proposed]
    moved: list[str]

    @property
    def new(self) -> list[str]:
        return [one.name for one in self.proposals if not one.column]

    @property
    def renamed(self) -> list[Proposed]:
        return [one for one in self.proposals if one.column not in ("", one.name)]

    @property
    def missing(self) -> list[str]:
        """The pinned columns that nothing in the file seems to be."""
        there = {one.column for one in self.proposals}
        return [name for name in self.layout.header if name not in there]

    @property
    def mapping(self) -> dict[str, str]:
        """The proposal as `process` takes it, for each column of the file and each that it lacks."""
        return {one.name: one.column for one in self.proposals} | dict.fromkeys(self.missing, "")

    def told(self) -> str:
        """The proposal in words, with the mapping as JSON for the columns that need a person's eye."""
        sentences = [*self._changes()]
        if lost := [name for name in self.missing if name in self.layout.indispensable]:
            return " ".join([*sentences, _unmendable(lost)])
        example = json.dumps(self._to_be_decided(), ensure_ascii=False)
        return " ".join([*sentences, f"If that is right, run the step again with the argument mapping: {example}."])

    def _to_be_decided(self) -> dict[str, str]:
        """The part of the mapping that is not plain: all others keep their names."""
        sure = {one.name for one in self.proposals if one.score == 1 and one.name not in self.moved}
        unsure = [(name, column) for name, column in self.mapping.items() if name not in sure]
        return dict(unsure[:MOST_DECIDED])

    def _changes(self) -> Iterator[str]:
        if self.renamed:
            renamed = [
                f"{one.name!r} to be read as {one.column} ({one.score:.2f}: {one.reason})" for one in self.renamed
            ]
            yield f"Renamed: {_some(renamed)}."
        if self.new:
            yield f"New, to be left out: {_some([repr(name) for name in self.new])}."
        if self.missing:
            yield f"Missing, to be left empty: {_some(self.missing)}."
        if self.moved:
            yield f"Moved: {_some(self.moved)}, read by their names."
        if odd := [one for one in self.proposals if one.column == one.name and one.score < 1]:
            yield f"Doubtful: {_some([f'{one.name} ({one.score:.2f}: {one.reason})' for one in odd])}."


def find(names: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout, member: Member) -> Drift:
    """The drift of a file with these column names (told apart) and these first rows."""
    columns = [_column(names, at, rows) for at in range(len(names))]
    found = {column.name: _same(column, layout, member) for column in columns if column.name in layout.header}
    found |= _matched([column for column in columns if column.name not in found], set(found), layout, member)
    unknown = Proposed("", "", 0.0, "no pinned column is like it")
    proposals = [found.get(name, Proposed(name, "", 0.0, unknown.reason)) for name in names]
    return Drift(layout, proposals, _moved(names, layout))


def refuse(error: HeaderDrift, names: list[str], rows: list[list[str]], layout: Layout, member: Member) -> HeaderDrift:
    """The error about a drifted header, with the proposal. A first line that is no header at all gets none."""
    if len(names) > MOST_COLUMNS:
        return error
    drift = find([name[:NAME_SHOWN] for name in names], rows, layout, member)
    if all(one.score < RECOGNISED for one in drift.proposals):
        return error
    return HeaderDrift(f"{error}. {drift.told()}")


def _column(names: Sequence[str], at: int, rows: Sequence[Sequence[str]]) -> FileColumn:
    before = names[at - 1] if at else ""
    after = names[at + 1] if at + 1 < len(names) else ""
    return FileColumn(names[at], before, after, [row[at] for row in rows if len(row) == len(names)])


def _same(found: FileColumn, layout: Layout, member: Member) -> Proposed:
    """A column with a pinned name, which its content may belie."""
    share = fit(found.cells, layout.column(found.name), layout, member)
    if share is None or share >= FITS:
        return Proposed(found.name, found.name, 1.0, "the same name")
    reason = f"the same name, but only {share:.0%} of its first cells suit it"
    return Proposed(found.name, found.name, round(share / 2, 2), reason)


def _matched(columns: Sequence[FileColumn], taken: set[str], layout: Layout, member: Member) -> dict[str, Proposed]:
    """The likeliest pinned column of each, the likeliest pairs first; none is proposed twice."""
    free = [column for column in layout.columns if column.name not in taken]
    pairs: list[tuple[Likeness, str, str]] = []
    for found in columns:
        for column in free:
            like = likeness(found, column, layout, member)
            if like.score >= LEAST:
                pairs.append((like, found.name, column.name))
    matched: dict[str, Proposed] = {}
    used: set[str] = set()
    for like, name, pinned in sorted(pairs, key=lambda pair: -pair[0].score):
        if name not in matched and pinned not in used:
            used.add(pinned)
            matched[name] = Proposed(name, pinned, like.score, like.reason)
    return matched


def _moved(names: Sequence[str], layout: Layout) -> list[str]:
    """The columns that are in both, but stand in another order."""
    here = [name for name in names if name in layout.header]
    pinned = [name for name in layout.header if name in here]
    return [name for name, expected in zip(here, pinned, strict=False) if name != expected]


def _unmendable(lost: list[str]) -> str:
    return (
        f"It cannot be loaded without {_some(lost)}: a key or a rule needs "
        f"{'it' if len(lost) == 1 else 'them'}, and no mapping makes up for that. If a column of the file holds it "
        "under another name, run the step again with a mapping that says so; otherwise ask for the whole file."
    )


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(words[:MOST_TOLD])
    return shown if len(words) <= MOST_TOLD else f"{shown} and {len(words) - MOST_TOLD} more"
