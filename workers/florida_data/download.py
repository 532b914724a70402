"""download: stores a roll file of a source beneath DATA_URL, complete and checked, once.

What is stored is named after the release, that is after the bytes of the CSV; a note per address says what was stored
from it and which validators it had, so that an unchanged file is not fetched again.
"""

import hashlib
from pathlib import Path
from typing import IO, Annotated, Any, cast

from django.conf import settings
from pydantic import Field

from workers import counties, datasets
from workers.contract import ActionError, Call, InvalidParameters, action
from workers.florida_data import notes
from workers.florida_data.archives import UnreadableArchive, find_member, is_bare, opened_zip
from workers.florida_data.fetching import BLOCK, Partial, Unchanged, fetch
from workers.florida_data.layouts import Member, parse_member
from workers.florida_data.names import label
from workers.florida_data.results import Archive, Csv, Download, SourceFile
from workers.florida_data.sources import configured


class WrongRoll(ActionError):
    """The file is another one than the source said."""


@action(expected_seconds=20, alone="file.url")
def download(
    call: Call, file: Annotated[SourceFile, Field(description="One of the files that `discover` found.")]
) -> Download:
    """Fetch a roll file from its source and store it, complete and checked; one that is unchanged is not fetched."""
    if not any(source.contains(file["url"]) for source in configured().values()):
        raise InvalidParameters(f"file.url: {file['url']} lies beneath no configured source", field="file.url")
    with Partial(file["url"]).held() as partial:
        known = _known(file["url"])
        try:
            validators = fetch(call, file, partial, known.get("validators", {}))
        except Unchanged:
            if known.get("listed") != notes.listed(file):
                notes.write(file, known["validators"], known["download"])
            return cast(Download, known["download"] | {"unchanged": True})
        except ActionError as error:
            # What was fetched of a file that is no good must not be continued.
            if error.status < 500:
                partial.discard()
            raise
        result = _store(call, file, partial, validators)
        notes.write(file, validators, result)
        partial.discard()
    return result


def _known(url: str) -> dict[str, Any]:
    """What was stored from this address before, if that is still there."""
    note = notes.read(url)
    return note if note and datasets.exists(note["download"]["archive"]["url"]) else {}


def _store(call: Call, file: SourceFile, partial: Partial, validators: dict[str, Any]) -> Download:
    try:
        member, size, digest = _inspect(call, file, partial.path)
        _check_identity(file, member)
    except ActionError:
        partial.discard()
        raise
    release = member.release(digest)
    county = counties.BY_NO[member.county_no]
    archive_bytes, archive_digest = partial.path.stat().st_size, datasets.sha256(partial.path)
    ending = ".csv" if is_bare(file["name"]) else ".zip"
    url = datasets.publish(partial.path, f"downloads/{release}/{archive_digest[:12]}{ending}")
    return Download(
        label=label(county.name, member.file_type, member.year, member.stage),
        county_no=county.no,
        county=county.name,
        file_type=member.file_type,
        year=member.year,
        stage=member.stage,
        submission=member.submission,
        member=member.name,
        release=release,
        archive=Archive(url=url, bytes=archive_bytes, sha256=archive_digest, etag=validators["etag"]),
        csv=Csv(url=url if is_bare(file["name"]) else None, bytes=size, sha256=digest),
        unchanged=False,
    )


def _inspect(call: Call, file: SourceFile, path: Path) -> tuple[Member, int, str]:
    """Which member the file holds, its size and its digest. Reading all of it also checks its CRC."""
    name = file["name"]
    if path.stat().st_size == 0:
        raise UnreadableArchive(f"{name} is empty: it has no byte")
    if is_bare(name):
        with path.open("rb") as stream:
            return _named(name, name), path.stat().st_size, _digest(call, stream, path.stat().st_size)
    with opened_zip(path, name) as archive:
        info = find_member(archive, name)
        if info.file_size > settings.FLORIDA_MAX_ROLL_BYTES:
            most = f"{settings.FLORIDA_MAX_ROLL_BYTES:,} that FLORIDA_MAX_ROLL_BYTES allows"
            raise UnreadableArchive(f"{name}: {info.filename} has {info.file_size:,} bytes, more than the {most}")
        if info.flag_bits & 1:
            raise UnreadableArchive(f"{name}: {info.filename} is encrypted")
        member = _named(info.filename, name)
        with archive.open(info) as stream:
            return member, info.file_size, _digest(call, stream, info.file_size)


def _named(member: str, file: str) -> Member:
    try:
        return parse_member(member)
    except InvalidParameters as error:
        raise WrongRoll(f"{file}: {error}") from error


def _digest(call: Call, stream: IO[bytes], total: int) -> str:
    digest, done = hashlib.sha256(), 0
    while block := stream.read(BLOCK):
        digest.update(block)
        done += len(block)
        call.progress(done, total, "checking the file")
    return digest.hexdigest()


def _check_identity(file: SourceFile, member: Member) -> None:
    """Compare what is inside with what the source said. Raises `WrongRoll` that names both."""
    if member.county_no not in counties.BY_NO:
        raise WrongRoll(
            f"{file['name']}: {member.name} bears the county number {member.county_no}, which does not exist"
        )
    county = counties.BY_NO[member.county_no].name
    said = label(file["county"], file["file_type"], file["year"], file["stage"])
    inside = label(county, member.file_type, member.year, member.stage)
    differences = (
        file["county_no"] != member.county_no,
        file["file_type"] != member.file_type,
        file["year"] not in (None, member.year),
        file["stage"] not in (None, member.stage),
    )
    if any(differences):
        raise WrongRoll(f"{file['name']} should be {said}, but holds {member.name}, which is {inside}")
