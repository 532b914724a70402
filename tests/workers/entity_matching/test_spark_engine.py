"""Spark as the engine: the same sets give the same links as on DuckDB, and what is missing is one clear sentence."""

import importlib.util
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.workers.entity_matching.conftest import Json, Rows, company, links, match, owner, run, written
from workers import datasets
from workers.contract import ActionError
from workers.entity_matching.engines import spark_session

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]

TOLERANCE = 0.02  # of a probability: Spark's Jaro-Winkler rounds otherwise where letters are transposed
FIRST = ("GULF", "MARLIN", "PALM", "OSPREY", "CORAL", "MANGROVE", "PELICAN", "SAWGRASS", "TARPON", "BANYAN", "HERON")
SECOND = ("WATERS", "BAIT", "HARDWARE", "ROOFING", "DENTAL", "MARINE", "TITLE", "LAUNDRY", "CITRUS", "PLUMBING")


@pytest.fixture
def spark(settings: Any) -> None:
    """Spark where it is installed; other tests of this module do without."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: concord[spark]")
    settings.MATCHING_ENGINE = "spark"
    settings.SPARK_MASTER = "local[2]"


def parties(count: int) -> tuple[Rows, Rows]:
    """Owners, and the entities that they are, with other suffixes and now and then a slip of the pen."""
    draw = random.Random(6)
    names = draw.sample([f"{first} {second}" for first in FIRST for second in SECOND], count)
    streets = [f"{draw.randint(1, 999)} {draw.choice(FIRST)} ST" for _ in names]
    entities = [company(f"E{n}", f"{name} LLC", streets[n], f"305555{n:04d}") for n, name in enumerate(names)]
    owners = [
        owner(f"{n}", f"{_slip(name) if n % 4 == 0 else name} INC", streets[n], f"305555{n:04d}" if n % 3 else "")
        for n, name in enumerate(names)
    ]
    return owners, entities


def _slip(name: str) -> str:
    return name[:3] + name[4] + name[3] + name[5:]


def probabilities(found: Json) -> dict[tuple[str, str], float]:
    rows = datasets.read(found["links"]).select("left_key", "right_key", "probability").iter_rows()
    return {(left, right): probability for left, right, probability in rows}


@pytest.mark.usefixtures("spark")
def test_the_same_owners_have_the_same_entities_on_both_engines(settings: Any) -> None:
    owners, entities = parties(110)
    on_spark = match(owners, entities)
    settings.MATCHING_ENGINE = "duckdb"

    on_duckdb = match(owners, entities)

    assert on_spark["pairs_compared"] == on_duckdb["pairs_compared"]
    assert len(links(on_duckdb)) > 100
    assert probabilities(on_spark) == pytest.approx(probabilities(on_duckdb), abs=TOLERANCE)


@pytest.mark.usefixtures("spark")
def test_one_table_has_the_same_duplicates_on_both_engines(settings: Any) -> None:
    owners, _ = parties(20)
    twice = [*owners, *(row | {"id": f"{row['id']} again", "owner": f"THE {row['owner']}"} for row in owners)]
    by = [{"kind": kind, "column": column} for kind, column in (("name", "owner"), ("address", "street"))]
    asked = {"dataset": written(twice, "rows"), "key": ["id"], "fields": by, "linkage": "test"}
    on_spark = run("deduplicate", **asked)
    settings.MATCHING_ENGINE = "duckdb"

    on_duckdb = run("deduplicate", **asked)

    assert groups(on_spark) == groups(on_duckdb)
    assert len(set(groups(on_duckdb).values())) == 20


def groups(found: Json) -> dict[str, str]:
    return dict(datasets.read(found["groups"]).select("key", "group").rows())


def test_spark_without_its_package_is_one_clear_sentence(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MATCHING_ENGINE = "spark"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ActionError) as refused:
        match(*parties(2))

    assert str(refused.value) == "MATCHING_ENGINE is 'spark', which needs the package pyspark: install concord[spark]."


def test_spark_without_java_is_one_clear_sentence(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.MATCHING_ENGINE = "spark"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setitem(os.environ, "JAVA_HOME", str(tmp_path))

    with pytest.raises(ActionError) as refused:
        match(*parties(2))

    assert str(refused.value) == (
        "MATCHING_ENGINE is 'spark', which needs Java 17 or later: install it, or set JAVA_HOME."
    )


@pytest.mark.usefixtures("spark")
def test_spark_that_does_not_start_is_told_with_its_setting(settings: Any) -> None:
    settings.SPARK_MASTER = "local[no number]"

    with pytest.raises(ActionError, match=r"Spark did not start at SPARK_MASTER 'local\[no number\]'"):
        match(*parties(2))


@pytest.mark.usefixtures("spark")
def test_spark_is_stopped_after_the_last_matching() -> None:
    with spark_session.opened() as first, spark_session.opened() as second:
        first.sql("SELECT 1 AS one").createOrReplaceTempView("numbers")
        shared, apart = first.sparkContext is second.sparkContext, not second.catalog.tableExists("numbers")

    assert (shared, apart) == (True, True)
    assert second.sparkContext._jsc is None
