"""What the checks of `monitor` answer, whichever they are."""

from collections.abc import Iterable
from typing import Literal

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.warehouse.models import Release

CheckName = Literal["health", "gaps", "quality", "performance"]
Status = Literal["ok", "warn", "critical", "unknown"]

WORST_FIRST: tuple[Status, ...] = ("critical", "warn", "unknown", "ok")


class Finding(TypedDict):
    """One roll that a check has something to say of."""

    status: Status
    label: str
    words: str


class Checkup(TypedDict):
    """A check: how it stands, its figures, the rolls that are not as they should be, and all of it in a sentence."""

    check: CheckName
    status: Status
    figures: dict[str, float | int | None]
    findings: list[Finding]
    words: str


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; ok if there are none."""
    found = set(statuses)
    return next((status for status in WORST_FIRST if status in found), "ok")


def by_file(releases: Iterable[Release]) -> list[list[Release]]:
    """The releases of each county and type, the oldest first, of a file that was processed twice the last."""
    files: dict[tuple[int, str], dict[str, Release]] = {}
    for release in sorted(releases, key=lambda one: (one.year, *one.age, one.pk)):
        files.setdefault((release.county_no, release.file_type), {})[release.release] = release
    return [list(found.values()) for _, found in sorted(files.items())]
