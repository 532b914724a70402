"""Which of the Division's files a source has."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from workers.contract import Call, TryLater
from workers.sunbiz.layouts import DatasetName
from workers.sunbiz.names import Told, read_name
from workers.sunbiz.sources import Source
from workers.warehouse.files import Series

# Where file systems tell when a file was changed last.
_TIMES = ("mtime", "LastModified", "last_modified", "created")


@dataclass(frozen=True)
class Listed:
    """A file of a source, and what its name tells."""

    path: str
    url: str
    bytes: int | None
    modified: str
    changed_on: date | None
    told: Told

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


def list_files(call: Call, source: Source) -> tuple[Any, list[Listed]]:
    """The source's file system, and its files whose names are the Division's. Raises `TryLater` if it is away."""
    file_system, root = source.opened()
    try:
        file_system.invalidate_cache()
        found = {root: file_system.info(root)} if file_system.isfile(root) else file_system.find(root, detail=True)
    except FileNotFoundError:
        return file_system, []
    except (OSError, EOFError) as error:
        raise TryLater(f"{source.name} cannot be listed: {str(error) or type(error).__name__}") from error
    call.check()
    return file_system, [
        Listed(path, file_system.unstrip_protocol(path), info.get("size"), _version(info), _changed_on(info), told)
        for path, info in sorted(found.items())
        if info.get("type", "file") == "file" and (told := read_name(path))
    ]


def _version(info: dict[str, Any]) -> str:
    """What tells a file's version at its source: an ETag, or else when it was changed last."""
    return str(next((info[name] for name in ("ETag", "etag", *_TIMES) if info.get(name)), ""))[:64]


def _changed_on(info: dict[str, Any]) -> date | None:
    moment = next((info[name] for name in _TIMES if info.get(name)), None)
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC).date()
    return moment.date() if isinstance(moment, datetime) else None


def choose(
    files: list[Listed],
    datasets: Sequence[DatasetName],
    series: Sequence[str],
    since: date | None,
    until: date | None,
) -> list[Listed]:
    """Those that were asked for: quarterly files first, then the daily ones by day. The days bound daily files only."""
    chosen = [
        file
        for file in files
        if file.told.dataset in datasets and file.told.series in series and _is_within(file.told, since, until)
    ]
    return sorted(chosen, key=lambda file: (file.told.series != Series.QUARTERLY, file.told.day or date.min, file.path))


def _is_within(told: Told, since: date | None, until: date | None) -> bool:
    if told.series == Series.QUARTERLY or told.day is None:
        return True
    return (since is None or told.day >= since) and (until is None or told.day <= until)
