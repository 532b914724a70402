"""Writes a sample in the Division's folders, zips and line ends: the same sample gives the same bytes."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from workers.sunbiz.archives import DEFLATE64
from workers.sunbiz.sample.entities import Snapshot, make_entities
from workers.sunbiz.sample.others import make_events, make_fictitious
from workers.sunbiz.working_days import is_working_day

SHARDS = 10
CHUNK = 20_000


@dataclass(frozen=True)
class Sample:
    """A quarter's snapshot of so many entities on ``quarter``, and daily files of the working days after it."""

    entities: int = 2_000
    quarter: date = date(2025, 7, 1)
    days: int = 8
    new_per_day: int = 40
    changed_per_day: int = 60
    missing_day: int | None = None  # this one, counted from 0, is left out
    cut_day: int | None = None  # the file of this one has a record that is cut
    seed: int = 1
    deflate64: bool = True

    def write(self, folder: Path) -> list[Path]:
        """Write all files beneath ``folder``; the paths of what was written."""
        return [*self._quarterly(folder / "Quarterly"), *self._daily(folder / "cor")]

    def _quarterly(self, folder: Path) -> Iterator[Path]:
        snapshot = Snapshot(self.seed, self.quarter, known=self.entities)

        yield self._zip(folder / "Cor" / "cordata.zip", self._shards(snapshot), deflate64=True)
        events = _made(range(0, self.entities, 3), lambda numbers: make_events(numbers, snapshot))
        yield self._zip(folder / "Cor" / "corevent.zip", {"corevt.txt": events})
        names = _made(
            range(self.entities // 16), lambda numbers: make_fictitious(numbers, snapshot, max(self.entities, 1))
        )
        yield self._zip(folder / "Fic" / "ficdata.zip", {"FICFILE.TXT": names})

    def _shards(self, snapshot: Snapshot) -> dict[str, Iterator[bytes]]:
        """Ten files, each of the entities whose numbers end with its digit; few entities are made all at once."""
        if self.entities <= CHUNK:
            records = make_entities(list(range(self.entities)), snapshot)
            return {f"cordata{n}.txt": iter([_lines(records[n::SHARDS])]) for n in range(SHARDS)}
        return {
            f"cordata{n}.txt": _made(range(n, self.entities, SHARDS), lambda numbers: make_entities(numbers, snapshot))
            for n in range(SHARDS)
        }

    def _daily(self, folder: Path) -> Iterator[Path]:
        for index, day in enumerate(self.working_days()):
            if index == self.missing_day:
                continue
            snapshot = Snapshot(self.seed, day, daily=True, known=self.entities)
            records = make_entities(self.numbers(index), snapshot)
            if index == self.cut_day:
                records[len(records) // 2] = records[len(records) // 2][:700]
            name = day.strftime("%Y%m%d")
            yield _write(folder / f"{name}c.txt", records)
            yield _write(folder / "Events" / f"{name}ce.txt", make_events(self._changed(index), snapshot))

    def working_days(self) -> list[date]:
        """The days of the daily files, that which is left out among them."""
        found: list[date] = []
        day = self.quarter
        while len(found) < self.days:
            day += timedelta(days=1)
            if is_working_day(day):
                found.append(day)
        return found

    def numbers(self, index: int) -> list[int]:
        """The numbers of the entities in a day's file: those that changed and those that are new."""
        first = self.entities + index * self.new_per_day
        return [*self._changed(index), *range(first, first + self.new_per_day)]

    def _changed(self, index: int) -> list[int]:
        start, count = index * self.changed_per_day, min(self.changed_per_day, self.entities)
        return sorted({(start + number) * 7 % self.entities for number in range(count)}) if self.entities else []

    def _zip(self, path: Path, members: dict[str, Iterator[bytes]], *, deflate64: bool = False) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        moment = (self.quarter.year, self.quarter.month, self.quarter.day, 0, 0, 0)
        with zipfile.ZipFile(path, "w") as archive:
            for name, chunks in members.items():
                info = zipfile.ZipInfo(name, moment)
                info.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(info, "w", force_zip64=True) as target:
                    if deflate64 and self.deflate64:
                        _compress_by_deflate64(target, info)
                    for chunk in chunks:
                        target.write(chunk)
        return path


def _made(numbers: range, make: Callable[[list[int]], list[bytes]]) -> Iterator[bytes]:
    """The file's bytes in chunks."""
    for start in range(0, len(numbers), CHUNK):
        yield _lines(make(list(numbers[start : start + CHUNK])))


def _lines(records: list[bytes], end: bytes = b"\r\n") -> bytes:
    return b"".join(record + end for record in records)


def _write(path: Path, records: list[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_lines(records, b"\n"))
    return path


def _compress_by_deflate64(target: Any, info: zipfile.ZipInfo) -> None:
    """Make an open member one of Deflate64, which zipfile cannot write.

    Data without matches are the same in both kinds of Deflate, so zlib can compress them.
    """
    target._compressor = zlib.compressobj(6, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    info.compress_type = DEFLATE64
