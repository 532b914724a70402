"""What changed at a source: each file that it offers, against what the warehouse holds of its county, type and year.

A listing tells no content. So what is compared is what `download` remembered of the address, and the release that the
bytes from there are. Where nothing is remembered, because the roll came from elsewhere, the stage, the number of the
submission in the file's name and the dates may tell it, or nothing does.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from workers.contract import InvalidParameters
from workers.florida_data import notes
from workers.florida_data.holdings import Held
from workers.florida_data.layouts import parse_member
from workers.florida_data.notes import Json
from workers.florida_data.results import Change, SourceFile
from workers.warehouse.models import STAGES, Release, ReleaseState

MOST_NAMED = 10
_TO_LOAD: tuple[Change, ...] = ("new", "changed", "superseded")

# What a file is, and why.
Verdict = tuple[Change, str]


@dataclass(frozen=True)
class Compared:
    """A file with what became of it in ``change`` and ``reason``, and the release that is loaded in its place."""

    file: SourceFile
    change: Change
    current: Release | None


def compare(files: Sequence[SourceFile], held: Held | None) -> list[Compared]:
    """Each of ``files`` against what is ``held``; all are unknown if that is None."""
    if held is None:
        return [_told(file, None, ("unknown", "the warehouse does not answer")) for file in files]
    known = notes.read_all(file["url"] for file in files)
    return [_compared(file, known[file["url"]], held) for file in files]


def count(compared: Sequence[Compared]) -> dict[Change, int]:
    """How many of each kind there are."""
    return dict(Counter(one.change for one in compared).most_common())


def summary(compared: Sequence[Compared]) -> str:
    """One sentence on what changed, and which files are to be loaded for it."""
    counted = ", ".join(f"{number} {change}" for change, number in count(compared).items())
    told = f"{len(compared)} files offered: {counted}"
    to_load = [one.file["label"] for one in compared if one.change in _TO_LOAD]
    return f"{told}. To load: {named(to_load)}." if to_load else f"{told}."


def named(labels: Sequence[str]) -> str:
    """The first of ``labels``, and how many more there are."""
    rest = len(labels) - MOST_NAMED
    return ", ".join(labels[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _told(file: SourceFile, current: Release | None, verdict: Verdict) -> Compared:
    change, reason = verdict
    told: SourceFile = {**file, "change": change, "reason": reason}
    return Compared(told, change, current)


def _compared(file: SourceFile, note: Json, held: Held) -> Compared:
    year = file["year"] or note.get("download", {}).get("year")
    current = held.current(file["county_no"], file["file_type"], year)
    if verdict := _as_downloaded(file, note, held.of(file["county_no"], file["file_type"]), current):
        return _told(file, current, verdict)
    if current is None:
        older = held.current(file["county_no"], file["file_type"])
        reason = f"nothing of {year or 'any year'} is loaded" + (f", only {_name(older)}" if older else "")
        return _told(file, None, ("new", reason))
    verdicts = (test(file, note, current) for test in _TESTS)
    return _told(file, current, next(verdict for verdict in verdicts if verdict))


def _as_downloaded(
    file: SourceFile, note: Json, releases: Sequence[Release], current: Release | None
) -> Verdict | None:
    """What became of the very file that is offered, if it was loaded once."""
    if not note or not notes.is_same(file, note):
        return None
    states = {one.state for one in releases if one.release == note["download"]["release"]}
    if ReleaseState.WITHDRAWN in states:
        return "withdrawn", "a person withdrew it"
    if ReleaseState.LOADED in states:
        return "unchanged", "it is loaded"
    if states and current:
        return "outdated", f"{_name(current)} is loaded, which is newer"
    return None


def _by_stage(file: SourceFile, note: Json, current: Release) -> Verdict | None:
    stage = file["stage"] or current.stage
    if STAGES.index(stage) > STAGES.index(current.stage):
        return "superseded", f"{_name(current)} is loaded, {stage} is offered"
    if STAGES.index(stage) < STAGES.index(current.stage):
        return "outdated", f"{_name(current)} is loaded, which is newer"
    return None


def _by_submission(file: SourceFile, note: Json, current: Release) -> Verdict | None:
    with contextlib.suppress(InvalidParameters):
        submission = parse_member(file["name"].removesuffix(".zip")).submission
        if submission > current.submission:
            return "changed", f"submission {current.submission:02} is loaded, {submission:02} is offered"
        if submission < current.submission:
            return "outdated", f"submission {current.submission:02} is loaded, which is newer"
    return None


def _by_note(file: SourceFile, note: Json, current: Release) -> Verdict | None:
    if not note:
        return None
    if notes.is_same(file, note):
        return "changed", "it was downloaded, but another file is loaded"
    return "changed", "the source has another file than the one that was downloaded"


def _by_date(file: SourceFile, note: Json, current: Release) -> Verdict | None:
    modified = _moment(file["modified"])
    if modified and modified > current.created_at:
        return "changed", f"the source's file is of {modified:%Y-%m-%d}, after it was loaded"
    return "unknown", f"{_name(current)} is loaded, not known from which file"


# Each says what it can tell of a file, given what is loaded of its roll; the last one always says something.
_TESTS: tuple[Callable[[SourceFile, Json, Release], Verdict | None], ...] = (
    _by_stage,
    _by_submission,
    _by_note,
    _by_date,
)


def _name(release: Release) -> str:
    return f"{release.year}{release.stage}"


def _moment(text: str) -> datetime | None:
    """A listing's date: seconds since 1970, ISO 8601, or as mails have it; None if it is none of them."""
    for moment in _readings(text):
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _readings(text: str) -> Iterator[datetime]:
    readers: tuple[Callable[[str], datetime], ...] = (
        lambda value: datetime.fromtimestamp(float(value), UTC),
        datetime.fromisoformat,
        parsedate_to_datetime,
    )
    for read in readers:
        with contextlib.suppress(ValueError, OverflowError, OSError):
            yield read(text)
