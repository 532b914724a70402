"""Keeps a matching within this machine's memory, and within the time of its call."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import psutil

from workers.contract import Call, InvalidParameters

# At the peak, measured on generated owners and entities.
BYTES_TO_READ = 500  # a row
BYTES_TO_MATCH = 6_000
ROWS_AT_ONCE = 5_000  # a fraction of a second of preparing

Row = TypeVar("Row")


def check_memory(rows: int, bytes_a_row: int, field: str = "") -> None:
    """Raise `InvalidParameters` naming ``field`` where so many rows would not fit into the memory that is free."""
    needed, free = rows * bytes_a_row, psutil.virtual_memory().available
    if needed > free:
        message = (
            f"{rows:,} rows take about {_gigabytes(needed)} of memory, and {_gigabytes(free)} are free here; take "
            'fewer rows, such as those of a table with a "where", or a larger machine'
        )
        raise InvalidParameters(f"{field}: {message}" if field else message, field=field)


def watched(call: Call, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows; raises `Cancelled` among them if the call is withdrawn."""
    for number, row in enumerate(rows):
        if number % ROWS_AT_ONCE == 0:
            call.check()
        yield row


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
