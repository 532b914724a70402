"""Spark, on this machine or a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl

from workers.entity_matching.engines import spark_session
from workers.entity_matching.engines.engine import Engine
from workers.entity_matching.name_columns import WEIGHT_SHIFT

FUNCTIONS = (
    "likeness(a STRING, b STRING) RETURNS DOUBLE RETURN jaro_winkler(a, b)",  # which is in Splink's jar
    "list_has_any(a ARRAY<STRING>, b ARRAY<STRING>) RETURNS BOOLEAN RETURN arrays_overlap(a, b)",
    "shared_weight(a ARRAY<BIGINT>, b ARRAY<BIGINT>) RETURNS BIGINT RETURN coalesce("
    f"aggregate(array_intersect(a, b), 0L, (sum, word) -> sum + shiftright(word, {WEIGHT_SHIFT})), 0L)",
)


class Spark(Engine):
    each = "explode"

    def __init__(self, session: Any):
        from splink.backends.spark import SparkAPI

        # Kept by the executors, their disks included: that needs no storage that all of them share.
        super().__init__(SparkAPI(spark_session=session, break_lineage_method="persist"))
        self.session = session
        for function in FUNCTIONS:
            session.sql(f"CREATE TEMPORARY FUNCTION {function}")

    def take(self, table: str, frame: pl.DataFrame) -> None:
        taken = self.session.createDataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
        taken.persist().createOrReplaceTempView(table)

    def make(self, table: str, select: str) -> None:
        self.session.sql(select).persist().createOrReplaceTempView(table)

    def count(self, table: str) -> int:
        return int(self.session.table(table).count())

    def frame(self, table: Any) -> pl.DataFrame:
        return pl.DataFrame(table.as_pyarrow_table())


@contextmanager
def opened() -> Iterator[Spark]:
    """A session of its own on the Spark that the setting ``SPARK_MASTER`` names."""
    with spark_session.opened() as session:
        yield Spark(session)
