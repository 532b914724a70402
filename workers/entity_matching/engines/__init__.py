"""Where the comparing happens: DuckDB on this machine, or Spark where one machine is outgrown.

The model, its SQL and its weights are the same on every engine. What they need beyond common SQL, and name as DuckDB
does, an engine defines once in its own words.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from django.conf import settings

from workers.contract import ActionError, Call
from workers.entity_matching.engines import on_duckdb, on_spark
from workers.entity_matching.engines.engine import Engine

__all__ = ["Engine", "opened"]


@contextmanager
def opened(call: Call, folder: Path) -> Iterator[Engine]:
    """The engine that the setting ``MATCHING_ENGINE`` names, which may write to ``folder``.

    Raises `ActionError` for one that is unknown or not installed.
    """
    engines: dict[str, AbstractContextManager[Engine]] = {
        "duckdb": on_duckdb.opened(call, folder),
        "spark": on_spark.opened(),
    }
    if settings.MATCHING_ENGINE not in engines:
        raise ActionError(f"MATCHING_ENGINE is {settings.MATCHING_ENGINE!r}; it can be 'duckdb' or 'spark'.")
    with engines[settings.MATCHING_ENGINE] as engine:
        yield engine
