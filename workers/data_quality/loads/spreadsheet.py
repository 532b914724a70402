"""CSV that a spreadsheet opens unharmed, and that does no harm there.

UTF-8 with a byte order mark, which Excel needs to take it for UTF-8; lines end with CR LF; texts are quoted, so that a
blank text (``""``) differs from no value (nothing). A text that a spreadsheet would run as a formula, one that begins
with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return, gets an apostrophe before it; so does one that begins with
apostrophes and then one of these, so that taking one away gives back the text. A NUL is shown as ``␀``.

What Excel does with digits is its own: import a column of codes as text, or Excel drops their zeros.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from workers.contract import Call

FORMULA = r"^('*[=+\-@\t\r])"
MOST_ROWS = 1_048_575  # that Excel shows, below the header
BATCH_CELLS = 500_000


def write(call: Call, parquet: Path, csv: Path) -> None:
    """Write the rows of a Parquet file as CSV, a batch at a time."""
    rows = pl.scan_parquet(parquet)
    names = rows.collect_schema().names()
    total, done = int(rows.select(pl.len()).collect().item()), 0
    with csv.open("wb") as file:
        file.write(_head(names).encode("utf-8-sig"))
        for batch in _batches(rows, max(1, BATCH_CELLS // len(names))):
            batch.write_csv(
                file,
                include_header=False,
                line_terminator="\r\n",
                quote_style="non_numeric",
                datetime_format="%Y-%m-%d %H:%M:%S%.f",
            )
            done += batch.height
            call.progress(done, total, "writing CSV")


def _batches(rows: pl.LazyFrame, size: int) -> Iterator[pl.DataFrame]:
    yield from rows.with_columns(_safe(pl.col(pl.String))).collect_batches(
        chunk_size=size, maintain_order=True, engine="streaming"
    )


def _head(names: list[str]) -> str:
    safe = pl.DataFrame({"name": names}).select(_safe(pl.col("name"))).to_series()
    return ",".join('"' + name.replace('"', '""') + '"' for name in safe) + "\r\n"


def _safe(texts: pl.Expr) -> pl.Expr:
    return texts.str.replace(FORMULA, "'${1}").str.replace_all("\0", "␀", literal=True)
