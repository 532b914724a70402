"""fill_gaps: which rolls are missing, stale or superseded, as the files that a load has to fetch to mend that."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from django.utils import timezone
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call, action
from workers.florida_data import changes
from workers.florida_data.changes import Compared, named
from workers.florida_data.holdings import Held, held
from workers.florida_data.layouts import USUAL, FileType
from workers.florida_data.offers import Offer, Wanted, look
from workers.florida_data.results import Missing, SourceFile
from workers.florida_data.sources import find_source

Gap = Literal["missing", "superseded", "stale"]

GAPS: tuple[Gap, ...] = ("missing", "superseded", "stale")  # in the order in which they are filled
STALE_AFTER = 45  # days; the state posts a roll a few times a year
MOST = 500


class Gaps(TypedDict):
    """The files that fill the gaps, in the shape that `discover` has, each with its reason.

    ``missing`` is neither loaded nor offered; ``left`` counts the gaps that were too many for this time.
    """

    label: str
    source: str
    files: list[SourceFile]
    missing: list[Missing]
    unrecognised: list[str]
    gaps: dict[Gap, int]
    left: int
    words: str


@dataclass(frozen=True)
class Found:
    """The gaps of what is wanted, the most urgent first, what cannot be filled, and what there is no need to load."""

    gaps: list[tuple[Gap, SourceFile]]
    missing: list[Missing]
    others: list[Compared]

    @property
    def counts(self) -> dict[Gap, int]:
        return dict(Counter(kind for kind, _ in self.gaps))


@action(read_only=True, expected_seconds=4)
def fill_gaps(
    call: Call,
    counties: Annotated[list[str | int], Field(description="As `discover` takes them; empty means all 67.")] = [],  # noqa: B006
    file_types: Annotated[list[FileType], Field(min_length=1, description="Which rolls.")] = list(USUAL),  # noqa: B006
    source: Annotated[str, Field(description="As `discover` takes it; empty means the default.")] = "",
    year: Annotated[int | None, Field(ge=1990, le=2100, description="The roll year; by default the newest.")] = None,
    stage: Annotated[
        Literal["", "P", "F"], Field(description="Preliminary or final; by default final where there is one.")
    ] = "",
    stale_after_days: Annotated[
        int, Field(ge=1, le=3650, description="A roll of which no file is known is stale when loaded so long ago.")
    ] = STALE_AFTER,
    most: Annotated[int, Field(ge=1, le=2000, description="So many files at the most; the rest next time.")] = MOST,
) -> Gaps:
    """Find the rolls that are missing, stale (the source has a newer file) or superseded (P loaded, F offered).

    Nothing is loaded: `files` are for `download`, one by one. What a person withdrew stays away.
    """
    offer = look(call, find_source(source), Wanted.of(counties, file_types, year, stage))
    offer.check()
    found = find(offer, held(offer.wanted), stale_after_days)
    files = [file for _, file in found.gaps[:most]]
    left = len(found.gaps) - len(files)
    return {
        "label": f"gaps of {offer.place.name}",
        "source": offer.place.name,
        "files": files,
        "missing": found.missing,
        "unrecognised": offer.unrecognised,
        "gaps": found.counts,
        "left": left,
        "words": _words(found, left),
    }


def find(offer: Offer, there: Held, stale_after_days: int = STALE_AFTER) -> Found:
    """What is wanted of ``offer`` and not held, or held in an earlier state."""
    compared = changes.compare(offer.files, there)
    told = [(_gap(one, stale_after_days), one) for one in compared]
    gaps = [(kind, one.file) for kind, one in told if kind]
    gaps.sort(key=lambda gap: (GAPS.index(gap[0]), gap[1]["county_no"], gap[1]["file_type"]))
    missing = [
        entry for entry in offer.missing if not there.current(entry["county_no"], entry["file_type"], offer.wanted.year)
    ]
    return Found(gaps, missing, [one for kind, one in told if not kind])


_KINDS: dict[str, Gap] = {"new": "missing", "superseded": "superseded", "changed": "stale"}


def _gap(one: Compared, stale_after_days: int) -> Gap | None:
    """Which gap the file fills; None if there is no need of it. A roll of unknown origin becomes stale with time."""
    if one.change == "unknown" and one.current and one.current.loaded_at:
        old = timezone.now() - timedelta(days=stale_after_days)
        return "stale" if one.current.loaded_at < old else None
    return _KINDS.get(one.change)


def _words(found: Found, left: int) -> str:
    sentences = [_first(found)]
    if left:
        sentences.append(f"{left} of them are left for the next time.")
    for change, words in _KEPT.items():
        if labels := [one.file["label"] for one in found.others if one.change == change]:
            sentences.append(f"{words}: {named(labels)}.")
    if found.missing:
        labels = [f"{entry['county']} {entry['file_type']}" for entry in found.missing]
        sentences.append(f"Neither loaded nor offered: {named(labels)}.")
    return " ".join(sentences)


_KEPT = {"withdrawn": "Withdrawn by a person, and left alone", "unknown": "Loaded from an unknown file, not long ago"}


def _first(found: Found) -> str:
    total = len(found.gaps) + len(found.others)
    if not found.gaps:
        return f"Nothing to load: of the {total} rolls offered none is missing, stale or superseded."
    counted = ", ".join(f"{found.counts[kind]} {kind}" for kind in GAPS if kind in found.counts)
    return f"{len(found.gaps)} of {total} rolls offered are to be loaded: {counted}."
