"""discover: which roll files a source offers of what was asked for, and which of them the warehouse does not hold."""

from typing import Annotated, Literal

from pydantic import Field

from workers.contract import Call, action
from workers.florida_data import changes
from workers.florida_data.holdings import held_or_none
from workers.florida_data.layouts import USUAL, FileType
from workers.florida_data.offers import Wanted, look
from workers.florida_data.results import Discovery
from workers.florida_data.sources import find_source


@action(read_only=True, expected_seconds=3)
def discover(
    call: Call,
    counties: Annotated[
        list[str | int],
        Field(description="Names in any usual spelling, roll numbers (11-77) or FIPS codes; empty means all 67."),
    ] = [],  # noqa: B006 - read only
    file_types: Annotated[list[FileType], Field(min_length=1, description="Which rolls.")] = list(USUAL),  # noqa: B006
    source: Annotated[
        str, Field(description="A configured source's name, or a URL or path beneath one; empty means the default.")
    ] = "",
    year: Annotated[int | None, Field(ge=1990, le=2100, description="The roll year; by default the newest.")] = None,
    stage: Annotated[
        Literal["", "P", "F"], Field(description="Preliminary or final; by default final where there is one.")
    ] = "",
) -> Discovery:
    """List the newest roll file of each county and type that a source offers, and name what it lacks.

    Each is told to be new, changed, unchanged and so on against what is loaded; unknown where that cannot be told.
    """
    offer = look(call, find_source(source), Wanted.of(counties, file_types, year, stage))
    offer.check()
    compared = changes.compare(offer.files, held_or_none(offer.wanted))
    return {
        "label": offer.place.name,
        "source": offer.place.name,
        "files": [one.file for one in compared],
        "missing": offer.missing,
        "unpaired": offer.unpaired,
        "unrecognised": offer.unrecognised,
        "changes": changes.count(compared),
        "words": changes.summary(compared),
    }
