"""A DuckDB for one piece of work: bounded in memory, nothing from the network, and broken off with its call."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from workers.contract import ActionError, Call

MEMORY = "1GB"


@contextmanager
def database(call: Call, folder: Path, what: str, **limits: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that spills into ``folder`` what does not fit into its memory, and stops with ``call``.

    Raises `Cancelled` if the call was withdrawn; `ActionError` for what DuckDB cannot do, which says that ``what``
    cannot be done.
    """
    config: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": str(folder / "spill"),
        "threads": 2,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=config | limits) as connection, _interrupted_by(call, connection):
        try:
            yield connection
        except duckdb.Error as error:
            call.check()
            raise ActionError(f"{what}: {str(error).splitlines()[0]}") from error


@contextmanager
def _interrupted_by(call: Call, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A query may take minutes: one that nobody waits for any more is broken off."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            if call.cancelled.is_set():
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="duck-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Names as SQL lists them."""
    return ", ".join(map(quoted, names))


def literal(value: str) -> str:
    """A text as SQL has it, for the places where DuckDB takes no parameter."""
    return "'" + value.replace("'", "''") + "'"


def parquet(files: Iterable[Path]) -> str:
    """The rows of these Parquet files, to select from."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}])"


def columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The columns of what can be selected from, each with its type in DuckDB's words."""
    return {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}


def fingerprint(connection: duckdb.DuckDBPyConnection, relation: str, names: Iterable[str]) -> str:
    """What tells sets of rows apart, whatever their order: their number, and two sums over their hashes."""
    cells = listed(names)
    query = f"SELECT count(*), coalesce(sum(hash({cells})), 0), coalesce(bit_xor(hash({cells}, 1)), 0) FROM {relation}"
    return "-".join(str(part) for part in connection.execute(query).fetchall()[0])
