"""Keeps the rows that `process` sets aside: on disk, chunk after chunk, as many as there may be."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from workers.florida_data.rows import Reject

SCHEMA: dict[str, Any] = {"line": pl.Int64, "reasons": pl.List(pl.String), "raw": pl.Binary}


class Quarantine:
    """The rows of one file that were set aside, kept in ``folder``; how many they are, and how often each reason."""

    def __init__(self, folder: Path):
        self._folder = folder
        self.rows = 0
        self.reasons: Counter[str] = Counter()
        folder.mkdir(parents=True)

    def add(self, rejects: Sequence[Reject]) -> None:
        """Keep the rejects of a chunk; those of a later chunk have higher line numbers."""
        if not rejects:
            return
        rows = sorted(rejects, key=lambda reject: reject.line)
        self.reasons.update(reason for reject in rows for reason in reject.reasons)
        columns = {
            "line": [reject.line for reject in rows],
            "reasons": [reject.reasons for reject in rows],
            "raw": [reject.raw for reject in rows],
        }
        pl.DataFrame(columns, schema=SCHEMA).write_parquet(self._folder / f"{rows[0].line:012}.parquet")
        self.rows += len(rows)

    def write(self, path: Path, **options: Any) -> None:
        """Write all of them as one Parquet file, by line: the number of the line, the reasons and the row's bytes."""
        pl.scan_parquet(sorted(self._folder.iterdir())).sink_parquet(path, **options)
