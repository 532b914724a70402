"""One sync: which files of a source are read, and what became of each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from django.db import DataError, IntegrityError
from django.db.models import Max

from workers.contract import ActionError, Call
from workers.sunbiz import archives, fetching
from workers.sunbiz.archives import Member
from workers.sunbiz.layouts import DatasetName
from workers.sunbiz.listing import Listed, choose, list_files
from workers.sunbiz.loading import Level, Reading, load, survey
from workers.sunbiz.results import Failed, FileSynced, Synced
from workers.sunbiz.sources import find_source
from workers.warehouse.files import FeedFile, FileState, Series

FILES_TOLD = 200
# The day that a snapshot's file bears may be some days after that of its records.
MARGIN = timedelta(days=14)
Json = dict[str, Any]

_COUNTS = ("read", "filtered", "quarantined", "inserted", "replaced", "outdated", "repeated")
_FILE_COUNTS = tuple(f"rows_{name}" for name in _COUNTS)


@dataclass(frozen=True)
class Asked:
    """What a sync was asked for. ``filing_types`` are in one text, with commas; empty means all."""

    source: str
    datasets: list[DatasetName]
    series: list[Any]
    filing_types: str
    since: date | None
    until: date | None
    level: Level
    dry_run: bool


class Sync:
    """Goes through the files of a source and keeps count."""

    def __init__(self, call: Call, asked: Asked):
        self.call, self.asked, self.source = call, asked, find_source(asked.source)
        self.files: list[FileSynced] = []
        self.failed: list[Failed] = []
        self.unchanged = self.superseded = 0

    def run(self) -> Synced:
        """Sync, and say what came of it. Raises `ActionError` if there is no file, or none that can be loaded."""
        asked = self.asked
        file_system, listed = list_files(self.call, self.source)
        chosen = choose(listed, asked.datasets, asked.series, asked.since, asked.until)
        if not chosen:
            what = f"{' or '.join(asked.series)} file of {', '.join(asked.datasets)}"
            raise ActionError(f"{self.source.url} has no {what} among its {len(listed)} files of the Division")
        known = set() if asked.dry_run else self._known()
        for file in chosen:
            if (file.url, file.bytes, file.modified) in known:
                self.unchanged += 1
            elif self._is_superseded(file):
                self.superseded += 1
            else:
                self._file(file_system, file)
        if self.failed and not self.files and not self.unchanged:
            raise ActionError("; ".join(failed["error"] for failed in self.failed[:3]))
        return self._result(len(chosen))

    def _known(self) -> set[tuple[str, int | None, str]]:
        """The files that are loaded whole, as they were at their sources then."""
        loaded: dict[tuple[str, int | None, str], list[FeedFile]] = {}
        for file in FeedFile.objects.filter(state=FileState.LOADED).exclude(modified=""):
            if self._has_all(file):
                loaded.setdefault((file.url, file.bytes, file.modified), []).append(file)
        return {at for at, files in loaded.items() if len({file.member for file in files}) >= files[0].members}

    def _has_all(self, file: FeedFile) -> bool:
        """Whether a file that was loaded has all that this sync would keep of it."""
        if not file.selection or file.dataset != "corporations":
            return True
        wanted = set(self.asked.filing_types.split(",")) - {""}
        return bool(wanted) and wanted <= set(file.selection.split(","))

    def _is_superseded(self, file: Listed) -> bool:
        """Whether a daily file is from before the newest snapshot, so that nothing in it is news."""
        if self.asked.since or self.asked.dry_run or file.told.day is None or file.told.series != Series.DAILY:
            return False
        snapshots = FeedFile.objects.filter(
            dataset=file.told.dataset, series=Series.QUARTERLY, state=FileState.LOADED, selection=""
        )
        newest = snapshots.aggregate(newest=Max("as_of"))["newest"]
        return newest is not None and file.told.day < newest - MARGIN

    def _file(self, file_system: Any, file: Listed) -> None:
        try:
            with fetching.fetched(self.call, file_system, file) as path:
                sha256 = fetching.digest(self.call, path, file.name)
                members = _of_records(archives.members(path, file.name))
                for member in members:
                    self._member(path, file, member, {"sha256": sha256, "members": len(members)})
        except ActionError as error:
            self._note(error, file.name, "")

    def _member(self, path: Path, file: Listed, member: Member, known: dict[str, Any]) -> None:
        try:
            row = self._row(file, member, known)
            if loaded := self._loaded(row):
                self.files.append(_told(loaded, already_loaded=True))
                return
            told = member.told or file.told
            reading = Reading(self.call, path, row, member, self.asked.level, told.shard)
            saved, already_loaded = (survey(reading), False) if self.asked.dry_run else load(reading)
            self.files.append(_told(saved, already_loaded=already_loaded))
        except (IntegrityError, DataError) as error:
            # Without its words, which quote the row at fault: they would end up in a log.
            self._note(ActionError(f"the warehouse refuses a row: {type(error).__name__}"), file.name, member.name)
        except ActionError as error:
            self._note(error, file.name, member.name)

    def _note(self, error: ActionError, file: str, member: str) -> None:
        """A file that is no good must not keep the others from being loaded; a source that is away does."""
        if error.status >= 500:
            raise error
        self.failed.append({"name": file, "member": member, "error": str(error)})

    def _row(self, file: Listed, member: Member, known: dict[str, Any]) -> FeedFile:
        told = member.told or file.told
        day = file.told.day or told.day or member.day or file.changed_on
        if day is None:
            raise ActionError(f"{file.name}: nothing tells its day: put it into the name, such as 20250701_{file.name}")
        return FeedFile(
            name=file.name,
            member=member.name,
            url=file.url,
            bytes=file.bytes,
            modified=file.modified,
            dataset=told.dataset,
            series=told.series,
            as_of=day,
            selection=self.asked.filing_types if told.dataset == "corporations" else "",
            **known,
        )

    def _loaded(self, file: FeedFile) -> FeedFile | None:
        """The same content, loaded before under whatever name."""
        if self.asked.dry_run:
            return None
        same = FeedFile.objects.filter(sha256=file.sha256, member=file.member, state=FileState.LOADED)
        return next((found for found in same if self._has_all(found)), None)

    def _result(self, found: int) -> Synced:
        read = [file for file in self.files if not file["already_loaded"]]
        changed = _summed(file["changed"] for file in read)
        rows = _summed({name: cast(Json, file)[name] for name in _FILE_COUNTS} for file in read)
        result = {
            "label": self.source.name,
            "source": self.source.name,
            "dry_run": self.asked.dry_run,
            "filing_types": [kind for kind in self.asked.filing_types.split(",") if kind],
            "files_found": found,
            "files_read": len(read),
            "files_unchanged": self.unchanged + len(self.files) - len(read),
            "files_superseded": self.superseded,
            **{name: rows.get(name, 0) for name in _FILE_COUNTS},
            "names_changed": changed.get("name", 0),
            "statuses_changed": changed.get("status", 0),
            "quarantine_reasons": _summed(file["quarantine_reasons"] for file in read),
            "doubts": _summed(file["doubts"] for file in read),
            "files": self.files[-FILES_TOLD:],
            "files_failed": len(self.failed),
            "failed": self.failed[:FILES_TOLD],
        }
        return cast(Synced, result)


def _of_records(members: list[Member]) -> list[Member]:
    """The members whose names are the Division's; all of them if none is, since the zip's own name is."""
    return [member for member in members if member.told] or members


def _told(file: FeedFile, *, already_loaded: bool) -> FileSynced:
    told = {
        "name": file.name,
        "member": file.member,
        "dataset": file.dataset,
        "series": str(file.series),
        "as_of": file.as_of.isoformat(),
        "already_loaded": already_loaded,
        **{name: getattr(file, name) for name in _FILE_COUNTS},
        "changed": file.changed,
        "quarantine_reasons": file.reasons,
        "doubts": file.doubts,
        "quarantine": file.quarantine,
    }
    return cast(FileSynced, told)


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total.most_common())
