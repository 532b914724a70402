"""process: reads a downloaded roll into typed Parquet, and sets rows aside that cannot be read, with the reasons.

A roll is read in chunks, several at a time, and written as one Parquet file; no more than a few chunks are in memory.
What can only be told at the end, which keys repeat, waits on disk: where some do, which published rolls have none of,
the roll is read a second time.
The files are named after the release and published whole: a run that dies leaves nothing, and a second run of the same
release finds what the first one published.
"""

import json
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Annotated, Any, Literal, cast

import polars as pl
from polars.io.plugins import register_io_source
from pydantic import Field

from workers import counties, datasets
from workers.contract import ActionError, Call, action
from workers.florida_data import stored
from workers.florida_data.archives import open_csv
from workers.florida_data.checks import REPEATED_KEY, Screen, schema
from workers.florida_data.chunks import read_chunks
from workers.florida_data.cores import on_a_core
from workers.florida_data.keys import Keys, Repeated
from workers.florida_data.layouts import Layout, layout, parse_member
from workers.florida_data.opening import Opening
from workers.florida_data.quarantine import Quarantine
from workers.florida_data.results import Download, Processed
from workers.florida_data.rows import LINE, WINDOWS, Rows, read_rows
from workers.warehouse.batches import BATCH_ROWS

Level = Literal["strict", "standard", "permissive"]
# The share of quarantined rows that fails a file: none at all, more than 5 %, or never.
ALLOWED: dict[Level, float] = {"strict": 0.0, "standard": 0.05, "permissive": 1.0}
# Fixed, so that the same rolls give the same bytes. The load reads as many rows at a time as a group has; of a larger
# group it would have to unpack all for each part of it.
WRITER: dict[str, Any] = {"compression": "zstd", "compression_level": 3, "row_group_size": BATCH_ROWS}
CHUNKS_AT_ONCE = 2


class TooManyQuarantined(ActionError):
    """More rows were set aside than the level allows."""


@action(expected_seconds=10, alone="download.release")
def process(
    call: Call,
    download: Annotated[Download, Field(description="The result of `download`.")],
    level: Annotated[
        Level,
        Field(
            description="How many rows may go to the quarantine before the step fails: none (strict), up to 5 % "
            "(standard), or any number as long as some are good (permissive)."
        ),
    ] = "standard",
    mapping: Annotated[
        dict[str, str] | None,
        Field(
            description="For a file whose header has drifted: which pinned column each of its columns is, '' to leave "
            "one out. Columns that it does not name are read under their own names. The error of a drifted file "
            "proposes one."
        ),
    ] = None,
) -> Processed:
    """Read a roll file into typed Parquet; rows that cannot be read go to a quarantine with their reasons.

    A file with another header than the one pinned for it fails, with a proposal, unless a mapping says how to read it.
    """
    folder = stored.folder(download["release"], mapping)
    result = stored.published(f"{folder}/result.json") or _process(call, download, level, folder, mapping)
    _check_level(result, level, download["member"])
    return result


def _process(call: Call, download: Download, level: Level, folder: str, mapping: dict[str, str] | None) -> Processed:
    with on_a_core(call), datasets.workspace() as work, open_csv(download) as stream:
        reading = Reading(call, download, stream, work / "once", mapping)
        reading.write(work / "roll.parquet")
        if repeated := reading.keys.repeated():
            stream.seek(0)
            reading = Reading(call, download, stream, work / "again", mapping, repeated)
            reading.write(work / "roll.parquet")
        result = reading.result()
        # Nothing of a file that fails is published.
        _check_level(result, level, download["member"])
        result["dataset"] = datasets.publish_parquet(work / "roll.parquet", f"{folder}/roll.parquet")
        if reading.quarantine.rows:
            reading.quarantine.write(work / "quarantine.parquet", **WRITER)
            result["quarantine"] = datasets.publish_parquet(work / "quarantine.parquet", f"{folder}/quarantine.parquet")
    _check_counts(result)
    datasets.publish_bytes(json.dumps(result).encode(), f"{folder}/result.json")
    return result


class Reading:
    """One pass over a roll file: counts what it reads, and keeps in ``folder`` the keys and the rows set aside.

    ``repeated``: the rows whose key an earlier one has, as an earlier pass found them; only then are they set aside.
    """

    def __init__(
        self,
        call: Call,
        download: Download,
        stream: IO[bytes],
        folder: Path,
        mapping: dict[str, str] | None = None,
        repeated: Repeated | None = None,
    ):
        self.call, self.download, self.stream, self.repeated = call, download, stream, repeated
        member = parse_member(download["member"])
        self.layout: Layout = layout(member.file_type, member.year, member.stage)
        self.opening = Opening(stream, self.layout, member, mapping)
        self.screen = Screen(self.layout, member)
        self.keys = Keys(folder / "keys")
        self.quarantine = Quarantine(folder / "quarantine")
        self.rows_read = 0
        self.doubtful = 0

    def write(self, path: Path) -> None:
        """Write the good rows as Parquet at ``path``; the others are in ``quarantine`` afterwards."""

        def source(columns: Any, predicate: Any, n_rows: Any, batch_size: Any) -> Iterator[pl.DataFrame]:
            return self._frames()

        rows = register_io_source(source, schema=schema(self.layout))
        rows.sink_parquet(path, **WRITER)

    def result(self) -> Processed:
        """What the action answers, apart from the datasets. Raises `ActionError` if no row is good."""
        kinds = self.quarantine.reasons
        county = counties.BY_NO[self.download["county_no"]].name
        if self.rows_read == 0:
            raise ActionError(f"{self.download['member']} has a header and no rows")
        if self.rows_read == self.quarantine.rows:
            message = f"{self.download['member']}: none of its {self.rows_read} rows can be kept as a roll of {county}"
            raise ActionError(f"{message}: {_most_common(kinds)}")
        same = ("label", "county_no", "county", "file_type", "year", "stage", "submission", "release")
        counts = {
            "rows_read": self.rows_read,
            "rows_processed": self.rows_read - self.quarantine.rows,
            "rows_quarantined": self.quarantine.rows,
            "quarantine_reasons": dict(kinds.most_common()),
            "doubts": {WINDOWS: self.doubtful} if self.doubtful else {},
        }
        return cast(Processed, {name: self.download[name] for name in same} | counts | {"quarantine": None})  # type: ignore[literal-required]

    def _frames(self) -> Iterator[pl.DataFrame]:
        size_of_file = self.download["csv"]["bytes"]
        # The second pass begins at half of all that there is to read.
        total, done = (2 * size_of_file, size_of_file) if self.repeated else (size_of_file, 0)
        for size, rows in self._read():
            done += size
            self.rows_read += rows.count
            kept = self._kept(rows)
            del rows  # or its texts stay in memory until the next chunk has been read
            yield kept
            self.call.progress(min(done, total), total, f"{self.rows_read:,} rows read")

    def _read(self) -> Iterator[tuple[int, Rows]]:
        """The rows of each chunk in order, a few chunks read ahead; with each the chunk's size."""
        ahead: deque[tuple[int, Future[Rows]]] = deque()
        with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:
            for chunk in read_chunks(self.stream, first_line=self.opening.first_line):
                ahead.append((len(chunk.data), pool.submit(read_rows, chunk, self.opening.layout)))
                if len(ahead) >= CHUNKS_AT_ONCE:
                    yield _first(ahead)
            while ahead:
                yield _first(ahead)

    def _kept(self, rows: Rows) -> pl.DataFrame:
        texts, typed = self.screen.read(self.opening.arranged(rows.frame))
        faults = self.screen.faults(texts, typed)
        if self.repeated is None:
            self.keys.add(self.screen.keys(texts, faults))
        else:
            for line in self.repeated.among(typed[LINE]):
                faults.setdefault(line, []).append(REPEATED_KEY)
        self.doubtful += len(rows.doubtful)
        self.quarantine.add(rows.rejects + (rows.rejected(faults) if faults else []))
        if faults:
            typed = typed.filter(~pl.col(LINE).is_in(list(faults)))
        return typed.drop(LINE)


def _first(ahead: deque[tuple[int, Future[Rows]]]) -> tuple[int, Rows]:
    size, future = ahead.popleft()
    return size, future.result()


def _check_level(result: Processed, level: Level, file: str) -> None:
    quarantined, read = result["rows_quarantined"], result["rows_read"]
    if quarantined <= ALLOWED[level] * read:
        return
    reasons = _most_common(Counter(result["quarantine_reasons"]))
    raise TooManyQuarantined(
        f"{file}: {quarantined} of {read} rows cannot be read, and {level} allows {ALLOWED[level]:.0%}: {reasons}"
    )


def _most_common(reasons: Counter[str]) -> str:
    return "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3))


def _check_counts(result: Processed) -> None:
    """Compare the rows read with those in the files as written. A difference is an error of this program."""
    quarantined = result["quarantine"]["rows"] if result["quarantine"] else 0
    if result["rows_read"] != result["dataset"]["rows"] + quarantined:
        raise RuntimeError(
            f"{result['release']}: rows were lost between reading and writing: {result['rows_read']} read"
        )
