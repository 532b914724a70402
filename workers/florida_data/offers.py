"""What a source offers of what is asked for: the newest file of each county and type, and what it lacks."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from workers import counties
from workers.contract import ActionError, Call
from workers.counties import COUNTIES, County
from workers.florida_data.folders import list_folder, look_inside
from workers.florida_data.layouts import NAV, STAGES, FileType
from workers.florida_data.names import Told, label, read_name
from workers.florida_data.portal import Listed, list_portal
from workers.florida_data.results import Missing, SourceFile
from workers.florida_data.sources import Source


@dataclass(frozen=True)
class Wanted:
    """Which rolls are asked for; without a year the newest, without a stage the final where there is one."""

    counties: list[County]
    file_types: list[FileType]
    year: int | None = None
    stage: str = ""

    @classmethod
    def of(
        cls, asked: Sequence[str | int], file_types: list[FileType], year: int | None = None, stage: str = ""
    ) -> "Wanted":
        """Counties in any spelling, none meaning all 67. Raises `InvalidParameters` for an unknown one."""
        found = {county.no: county for county in map(counties.find, asked)}
        return cls(list(found.values()) or list(COUNTIES), file_types, year, stage)

    def includes(self, file: SourceFile) -> bool:
        return (
            file["county_no"] in {county.no for county in self.counties}
            and file["file_type"] in self.file_types
            and self.year in (None, file["year"])
            and (self.stage in ("", file["stage"]) or file["file_type"] in NAV)
        )

    def __str__(self) -> str:
        names = ", ".join(county.name for county in self.counties[:5])
        rest = len(self.counties) - 5
        return f"{', '.join(self.file_types)} file of {names if rest <= 0 else f'{names} and {rest} more counties'}"


@dataclass(frozen=True)
class Offer:
    """What a source lists: the newest wanted files, those wanted that it lacks, and the names that tell nothing.

    ``unpaired`` are NAV files of which the other one of the pair is there, which is usual; ``recognised`` counts the
    roll files that it lists, asked for or not.
    """

    place: Source
    wanted: Wanted
    files: list[SourceFile]
    missing: list[Missing]
    unpaired: list[Missing]
    recognised: int
    unrecognised: list[str]

    def check(self) -> None:
        """Raise `ActionError` if nothing of what is wanted is there: it says what was looked for, and where."""
        if self.files:
            return
        asked = f"{self.wanted.year or ''}{self.wanted.stage}" or "any year"
        raise ActionError(
            f"{self.place.url} has no {self.wanted} for {asked} "
            f"({self.recognised} other roll files, {len(self.unrecognised)} whose names tell no county)"
        )


def look(call: Call, place: Source, wanted: Wanted) -> Offer:
    """What ``place`` offers now. Raises `TryLater` or `SourceRefused`."""
    found, unrecognised = _recognised(place, _listed(call, place, wanted))
    newest = _newest([file for file in found if wanted.includes(file)])
    lacking = [
        Missing(county_no=county.no, county=county.name, file_type=kind, reason=_reason(place, kind, wanted))
        for county in wanted.counties
        for kind in wanted.file_types
        if (county.no, kind) not in newest
    ]
    unpaired = [
        one for one in lacking if one["file_type"] in NAV and any((one["county_no"], kind) in newest for kind in NAV)
    ]
    missing = [one for one in lacking if one not in unpaired]
    files = [newest[key] for key in sorted(newest)]
    return Offer(place, wanted, files, missing, unpaired, len(found), unrecognised)


def _listed(call: Call, place: Source, wanted: Wanted) -> list[Listed]:
    if place.is_portal:
        return list_portal(call, place.url, list(wanted.file_types), wanted.year, wanted.stage)
    return list_folder(call, place.url)


def _recognised(place: Source, listed: list[Listed]) -> tuple[list[SourceFile], list[str]]:
    """The files whose county and type can be told, and the names of the others."""
    found, unrecognised = [], []
    for file in listed:
        told = read_name(file.path)
        if not told.is_complete and not place.is_portal and file.path.lower().endswith(".zip"):
            told = look_inside(file).or_else(told)
        if told.county and told.file_type:
            found.append(_source_file(place, file, told, told.county, told.file_type))
        else:
            unrecognised.append(posixpath.basename(file.path))
    return found, unrecognised


def _source_file(place: Source, file: Listed, told: Told, county: County, file_type: FileType) -> SourceFile:
    return SourceFile(
        label=label(county.name, file_type, told.year, told.stage),
        county_no=county.no,
        county=county.name,
        file_type=file_type,
        year=told.year,
        stage=told.stage,
        name=posixpath.basename(file.path),
        url=file.url,
        bytes=file.bytes,
        etag=file.etag,
        modified=file.modified,
        source=place.name,
    )


def _newest(files: list[SourceFile]) -> dict[tuple[int, str], SourceFile]:
    """The newest file of each county and type: by year, then final before preliminary, then by name."""
    newest: dict[tuple[int, str], SourceFile] = {}
    for file in sorted(files, key=_age):
        newest[file["county_no"], file["file_type"]] = file
    return newest


def _age(file: SourceFile) -> tuple[int, int, str]:
    stage = STAGES.index(file["stage"]) if file["stage"] else -1
    return file["year"] or 0, stage, file["name"].upper()


def _reason(place: Source, kind: str, wanted: Wanted) -> str:
    which = f" for {wanted.year or ''}{wanted.stage}" if wanted.year or wanted.stage else ""
    return f"the source {place.name} lists no {kind} file of this county{which}"
