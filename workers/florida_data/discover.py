"""discover: which roll files a source offers of what was asked for."""

import posixpath
from typing import Annotated, Literal

from pydantic import Field

from workers import counties
from workers.contract import ActionError, Call, action
from workers.counties import COUNTIES, County
from workers.florida_data.folders import list_folder, look_inside
from workers.florida_data.layouts import FILE_TYPES, STAGES, FileType
from workers.florida_data.names import Told, label, read_name
from workers.florida_data.portal import Listed, list_portal
from workers.florida_data.results import Discovery, Missing, SourceFile
from workers.florida_data.sources import Source, find_source


@action(read_only=True, expected_seconds=3)
def discover(
    call: Call,
    counties: Annotated[
        list[str | int],
        Field(description="Names in any usual spelling, roll numbers (11-77) or FIPS codes; empty means all 67."),
    ] = [],  # noqa: B006 - read only
    file_types: Annotated[list[FileType], Field(min_length=1, description="Which rolls.")] = list(FILE_TYPES),  # noqa: B006
    source: Annotated[
        str, Field(description="A configured source's name, or a URL or path beneath one; empty means the default.")
    ] = "",
    year: Annotated[int | None, Field(ge=1990, le=2100, description="The roll year; by default the newest.")] = None,
    stage: Annotated[
        Literal["", "P", "F"], Field(description="Preliminary or final; by default final where there is one.")
    ] = "",
) -> Discovery:
    """List the newest roll file of each county and type that a source offers, and name what it lacks."""
    wanted = _counties(counties)
    place = find_source(source)
    found, unrecognised = _recognised(place, _listed(call, place, file_types, year, stage))
    newest = _newest([file for file in found if _is_wanted(file, wanted, file_types, year, stage)])
    missing = [
        Missing(county_no=county.no, county=county.name, file_type=kind, reason=_reason(place, kind, year, stage))
        for county in wanted
        for kind in file_types
        if (county.no, kind) not in newest
    ]
    if not newest:
        kinds, asked = ", ".join(file_types), f"{year or ''}{stage}" or "any year"
        raise ActionError(
            f"{place.url} has no {kinds} file of {_names(wanted)} for {asked} "
            f"({len(found)} other roll files, {len(unrecognised)} whose names tell no county)"
        )
    files = [newest[key] for key in sorted(newest)]
    return Discovery(label=place.name, source=place.name, files=files, missing=missing, unrecognised=unrecognised)


def _counties(asked: list[str | int]) -> list[County]:
    found = {counties.find(value).no: counties.find(value) for value in asked}
    return list(found.values()) or list(COUNTIES)


def _listed(call: Call, place: Source, file_types: list[FileType], year: int | None, stage: str) -> list[Listed]:
    if place.is_portal:
        return list_portal(call, place.url, list(file_types), year, stage)
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


def _is_wanted(
    file: SourceFile, wanted: list[County], file_types: list[FileType], year: int | None, stage: str
) -> bool:
    return (
        file["county_no"] in {county.no for county in wanted}
        and file["file_type"] in file_types
        and year in (None, file["year"])
        and stage in ("", file["stage"])
    )


def _newest(files: list[SourceFile]) -> dict[tuple[int, str], SourceFile]:
    """The newest file of each county and type: by year, then final before preliminary, then by name."""
    newest: dict[tuple[int, str], SourceFile] = {}
    for file in sorted(files, key=_age):
        newest[file["county_no"], file["file_type"]] = file
    return newest


def _age(file: SourceFile) -> tuple[int, int, str]:
    stage = STAGES.index(file["stage"]) if file["stage"] else -1
    return file["year"] or 0, stage, file["name"]


def _reason(place: Source, kind: str, year: int | None, stage: str) -> str:
    which = f" for {year or ''}{stage}" if year or stage else ""
    return f"the source {place.name} lists no {kind} file of this county{which}"


def _names(wanted: list[County]) -> str:
    names = ", ".join(county.name for county in wanted[:5])
    return names if len(wanted) <= 5 else f"{names} and {len(wanted) - 5} more counties"
