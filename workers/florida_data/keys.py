"""Finds the rows whose key an earlier row has, in a roll of any size: its keys wait on disk until all are there.

They are compared part by part, each part the keys whose hash falls into it, so that no more of them are in memory at
once than a part has.
"""

from pathlib import Path

import polars as pl

from workers.florida_data.rows import LINE

KEYS_AT_ONCE = 1_000_000  # more than any county has parcels, and about 100 MB
KEY, GOOD = "key", "good"
_FIRST = "first"


class Keys:
    """The keys of the rows of one file, kept in ``folder``."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._rows = 0
        folder.mkdir(parents=True)

    def add(self, rows: pl.DataFrame) -> None:
        """Keep ``key`` (text), ``line`` and ``good``: whether the row could be kept, so that a later one repeats it."""
        if rows.is_empty():
            return
        rows.write_parquet(self._folder / f"{self._rows}.parquet", compression="lz4")
        self._rows += rows.height

    def repeated(self) -> "Repeated | None":
        """The rows whose key an earlier good row has; None if there are none."""
        if not self._rows:
            return None
        rows = pl.scan_parquet(self._folder / "*.parquet")
        parts = -(-self._rows // KEYS_AT_ONCE)
        found = Repeated(self._folder / "repeated")
        for part in range(parts):
            found.add(_later(rows if parts == 1 else rows.filter(pl.col(KEY).hash() % parts == part)))
        return found if found.count else None


def _later(rows: pl.LazyFrame) -> pl.DataFrame:
    """The lines, in their order, of those rows whose key an earlier good one of them has."""
    first = pl.col(LINE).filter(GOOD).min().alias(_FIRST)
    several = rows.group_by(KEY).agg(pl.len(), first).filter(pl.col("len") > 1).collect(engine="streaming")
    if several.is_empty():
        return pl.DataFrame(schema={LINE: pl.Int64})
    later = rows.join(several.lazy(), on=KEY).filter(pl.col(LINE) > pl.col(_FIRST))
    return later.select(LINE).sort(LINE).collect(engine="streaming")


class Repeated:
    """The lines of the rows whose key an earlier row has, kept in ``folder``."""

    def __init__(self, folder: Path):
        self._folder = folder
        self.count = 0
        folder.mkdir()

    def add(self, lines: pl.DataFrame) -> None:
        if lines.height:
            lines.write_parquet(self._folder / f"{self.count}.parquet", row_group_size=KEYS_AT_ONCE // 50)
            self.count += lines.height

    def among(self, lines: pl.Series) -> list[int]:
        """Which of these ``lines``, all those of a stretch of the file, are such rows."""
        stretch = pl.col(LINE).is_between(lines.min(), lines.max())
        found = pl.scan_parquet(self._folder / "*.parquet").filter(stretch).collect()
        return found[LINE].to_list()
