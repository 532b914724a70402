"""Loads one file of records: reads it in chunks, a few ahead, and merges each into the warehouse.

On PostgreSQL a file is one transaction. On SQLite, where one long transaction would hold up every other writer, each
chunk is one; the file's row says how far it is, so that after a crash the rest is merged, and no record twice.
"""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import polars as pl
from django.db import connections
from django.utils import timezone

from workers import datasets
from workers.contract import ActionError, Call
from workers.sunbiz import archives
from workers.sunbiz.archives import Member
from workers.sunbiz.layouts import LAYOUTS, DatasetName
from workers.sunbiz.reading import Batch, Reject, read_batch
from workers.sunbiz.records import CHUNK_RECORDS, Chunk, read_chunks
from workers.sunbiz.tables import TARGETS
from workers.warehouse import ALIAS
from workers.warehouse.files import FeedFile, FileState, Series
from workers.warehouse.turns import turn
from workers.warehouse.upserts import LINE, Merged, Origin, by_index, merge

Level = Literal["strict", "standard", "permissive"]
# The share of quarantined records that fails a file: none at all, more than 5 %, or never.
ALLOWED: dict[Level, float] = {"strict": 0.0, "standard": 0.05, "permissive": 1.0}
MOST_REJECTS = 200_000  # of one file, so that they fit into memory whatever the level
CHUNKS_AHEAD = 2
# Small enough on SQLite that another writer of the file waits for a fraction of a second.
RECORDS = {"postgresql": CHUNK_RECORDS, "sqlite": 2_000}


class TooManyQuarantined(ActionError):
    """More records were set aside than the level allows: perhaps the file is of another kind."""


@dataclass
class Reading:
    """One pass over a file: which records it is asked for, and what was counted so far."""

    call: Call
    path: Path
    file: FeedFile
    member: Member
    level: Level
    shard: str = ""
    read: int = 0
    filtered: int = 0
    rejects: list[Reject] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)

    @property
    def label(self) -> str:
        return f"{self.file.name} {self.member.name}".strip()

    @property
    def dataset(self) -> DatasetName:
        return _dataset(self.file)

    def batches(self) -> Iterator[Batch]:
        """The file's rows, counted as they come. Raises `TooManyQuarantined` as soon as that is certain."""
        done, total = 0, self.member.bytes
        expected = total / LAYOUTS[self.dataset].width
        for batch in self._ahead():
            done += batch.size
            self.read += batch.read
            self.filtered += batch.filtered
            self.rejects += batch.rejects
            self.doubts += batch.doubts
            self._check(max(expected, self.read))
            yield batch
            self.call.progress(min(done, total), total, f"{self.label}: {self.read:,} records")
        if not self.read and self.file.series == Series.QUARTERLY:  # on some day there may be none
            raise ActionError(f"{self.label} has no records")
        self._check(self.read)
        if self.read and self.read == len(self.rejects):
            raise TooManyQuarantined(f"{self.label}: none of its {self.read} records can be used: {self._reasons()}")

    def reasons(self) -> Counter[str]:
        return Counter(reason for reject in self.rejects for reason in reject.reasons)

    def _ahead(self) -> Iterator[Batch]:
        """The batches in their order; a thread reads the next ones while one is merged."""
        records = RECORDS[connections[ALIAS].vendor]
        with (
            archives.opened(self.path, self.file.name, self.member.name) as stream,
            ThreadPoolExecutor(max_workers=1) as reader,
        ):
            chunks = read_chunks(stream, LAYOUTS[self.dataset], records)
            ahead = deque(reader.submit(self._next, chunks) for _ in range(CHUNKS_AHEAD))
            while batch := ahead.popleft().result():
                ahead.append(reader.submit(self._next, chunks))
                yield batch

    def _next(self, chunks: Iterator[Chunk]) -> Batch | None:
        chunk = next(chunks, None)
        kinds = self.file.selection.split(",") if self.file.selection else []
        return read_batch(chunk, self.dataset, kinds, self.shard) if chunk else None

    def _check(self, records: float) -> None:
        rejected = len(self.rejects)
        if rejected > ALLOWED[self.level] * records:
            raise TooManyQuarantined(
                f"{self.label}: {rejected} of {self.read} records so far cannot be used, and {self.level} allows "
                f"{ALLOWED[self.level]:.0%}: {self._reasons()}"
            )
        if rejected > MOST_REJECTS:
            raise TooManyQuarantined(f"{self.label}: more than {MOST_REJECTS:,} records cannot be used")

    def _reasons(self) -> str:
        return "; ".join(f"{reason} ({count})" for reason, count in self.reasons().most_common(3))


def survey(reading: Reading) -> FeedFile:
    """Read all of a file and load nothing. Its row, not saved, has the counts."""
    for _ in reading.batches():
        pass
    _count(reading)
    return reading.file


def load(reading: Reading) -> tuple[FeedFile, bool]:
    """Load a file, unless that was done before: its row, and whether it was.

    Raises `ActionError` if too many records cannot be used; then nothing of it is loaded.
    """
    if connections[ALIAS].vendor == "sqlite":
        # There is no transaction around all of it: so first see that it can be loaded.
        survey(Reading(reading.call, reading.path, reading.file, reading.member, reading.level, reading.shard))
    with turn(reading.call, f"sunbiz-{reading.file.dataset}"):
        file = _row(reading.file)
        if file.state == FileState.LOADED:
            return file, True
        reading.file = file
        for batch in reading.batches():
            _merge(file, batch)
        _count(reading)
        file.quarantine = _set_aside(reading)
        file.state, file.loaded_at = FileState.LOADED, timezone.now()
        file.save()
    return file, False


def _dataset(file: FeedFile) -> DatasetName:
    return cast(DatasetName, file.dataset)


def _row(file: FeedFile) -> FeedFile:
    """The saved row of this file: the one that an interrupted run left, or a new one."""
    same = {name: getattr(file, name) for name in ("sha256", "member", "selection")}
    described = ("name", "members", "url", "bytes", "modified", "dataset", "series", "as_of")
    found, _ = FeedFile.objects.get_or_create(**same, defaults={name: getattr(file, name) for name in described})
    return found


def _merge(file: FeedFile, batch: Batch) -> None:
    """Merge what an interrupted run did not, and note how far that is in the same transaction."""
    if batch.last_line <= file.lines:
        return
    new = pl.col(LINE) > file.lines
    children = None if batch.children is None else batch.children.filter(new)
    origin = Origin(file.pk, file.version, file.as_of)
    with by_index():
        merged = merge(TARGETS[_dataset(file)], batch.rows.filter(new), children, origin)
        _add(file, merged)
        file.lines = batch.last_line
        file.save()


def _add(file: FeedFile, merged: Merged) -> None:
    file.rows_inserted += merged.inserted
    file.rows_replaced += merged.replaced
    file.rows_outdated += merged.outdated
    file.rows_repeated += merged.repeated
    file.changed = dict(Counter(file.changed) + Counter(merged.changed))


def _count(reading: Reading) -> None:
    file = reading.file
    file.rows_read, file.rows_filtered, file.rows_quarantined = reading.read, reading.filtered, len(reading.rejects)
    file.reasons, file.doubts = dict(reading.reasons().most_common()), dict(reading.doubts.most_common())


def _set_aside(reading: Reading) -> datasets.Dataset | None:
    """Publish the records that cannot be used: line, reasons and bytes of each."""
    if not reading.rejects:
        return None
    file = reading.file
    frame = pl.DataFrame(
        {
            "line": [reject.line for reject in reading.rejects],
            "reasons": [reject.reasons for reject in reading.rejects],
            "raw": [reject.raw for reject in reading.rejects],
        },
        schema={"line": pl.Int64, "reasons": pl.List(pl.String), "raw": pl.Binary},
    )
    member = f"-{Path(file.member).stem}" if file.member else ""
    return datasets.write(frame, f"sunbiz/{file.dataset}-{file.as_of}-{file.sha256[:12]}{member}/quarantine.parquet")
