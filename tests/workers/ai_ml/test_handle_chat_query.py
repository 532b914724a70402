"""handle_chat_query without a model: figures are those of the rows, and what cannot be answered is said."""

from collections.abc import Iterator

import polars as pl
import pytest
from django.db import OperationalError, connections

from tests.workers.ai_ml.questions import ask, figure, load_roll
from tests.workers.sunbiz.conftest import warehouse
from tests.workers.sunbiz.make import entity, put, sync
from workers.ai_ml.chat import running
from workers.contract import ActionError, TryLater
from workers.florida_data.tables import TABLES
from workers.warehouse import tables

__all__ = ["warehouse"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def test_parcels_are_counted_under_conditions() -> None:
    roll = load_roll("NAL")
    load_roll("NAL", "Duval", parcels=120)
    middle = int(roll["JV"].median())  # type: ignore[arg-type]

    found = ask(f"How many parcels in union county with just value over ${middle:,}?")

    [[count]] = found["rows"]
    assert count == roll.filter(pl.col("JV") > middle).height > 0
    assert (found["columns"], found["row_count"], found["truncated"]) == (["count"], 1, False)
    assert found["answer"].startswith(
        f"{count} parcels of the newest rolls whose county is Union and just value is above ${middle:,}."
    )
    assert (found["source"], found["note"]) == ("grammar", "")
    assert found["parameters"] == [73, middle, 21]
    assert found["sql"].startswith('SELECT count(*) AS "count" FROM "nal_current" WHERE ')


def test_the_figures_are_those_of_the_rows() -> None:
    roll = load_roll("SDF", parcels=2_000)
    prices = roll["SALE_PRC"]
    qualified = roll.filter(pl.col("QUAL_CD").is_in(["01", "02", "03", "04", "05", "06"]))

    assert figure("average price of sales") == pytest.approx(prices.mean(), abs=0.01)
    assert figure("median sale price") == prices.median()
    assert figure("total price of sales") == prices.sum()
    assert figure("highest price") == prices.max()
    assert figure("how many qualified sales") == qualified.height
    in_may = roll.filter((pl.col("SALE_MO") == "05") & (pl.col("SALE_YR") == 2025))
    assert figure("how many sales in May 2025") == in_may.height
    between = roll.filter(pl.col("SALE_PRC").is_between(100_000, 250_000))
    assert figure("number of sales between 100k and $250,000") == between.height
    assert "A sale of several parcels has its full price on each of them." in ask("total price")["answer"]


def test_groups_are_told_with_their_names_and_how_many_they_are_of() -> None:
    union, duval = load_roll("SDF", parcels=900), load_roll("SDF", "Duval", parcels=900)

    found = ask("average sale price by county")

    means = {"Union": union["SALE_PRC"].mean(), "Duval": duval["SALE_PRC"].mean()}
    assert found["columns"] == ["county", "avg_price", "count"]
    assert {name: price for name, price, _ in found["rows"]} == pytest.approx(means, abs=0.01)
    assert found["rows"][0][1] > found["rows"][1][1]
    assert {name: count for name, _, count in found["rows"]} == {"Union": union.height, "Duval": duval.height}
    assert f"{found['rows'][0][0]}: ${found['rows'][0][1]:,}" in found["answer"]


def test_months_come_in_their_order() -> None:
    roll = load_roll("SDF", parcels=900)

    found = ask("sales in 2024 by month")

    months = roll.filter(pl.col("SALE_YR") == 2024).group_by("SALE_MO").len().sort("SALE_MO")
    assert [tuple(row) for row in found["rows"]] == months.rows()


def test_the_top_rows_come_first_and_the_rest_is_said_to_be_there() -> None:
    roll = load_roll("NAL", "Broward")

    found = ask("top 10 parcels in Broward by just value")

    values = [row[found["columns"].index("just_value")] for row in found["rows"]]
    assert values == roll["JV"].drop_nulls().top_k(10).sort(descending=True).to_list()
    assert (found["row_count"], found["truncated"], found["query"]["limit"]) == (10, True, 10)
    assert "More fit than are shown." in found["answer"]
    assert (
        "10 parcels of the newest rolls whose county is Broward are shown, the highest just value first"
        in (found["answer"])
    )


def test_the_caller_says_how_many_rows_where_the_question_does_not() -> None:
    load_roll("NAL")

    assert ask("parcels in Union", limit=7)["row_count"] == 7
    assert ask("newest 3 parcels in Union", limit=7)["row_count"] == 3


def test_a_parcel_of_two_years_is_counted_once_unless_years_are_asked_for() -> None:
    load_roll("NAL", parcels=150, year=2024)
    load_roll("NAL", parcels=180, year=2025)
    load_roll("NAL", "Duval", parcels=90, year=2024)

    assert figure("how many parcels") == 180 + 90
    assert figure("how many parcels in 2024") == 150 + 90
    assert ask("parcels by roll year")["rows"] == [[2024, 150 + 90], [2025, 180]]


def test_a_sale_is_counted_by_the_newest_roll_that_has_its_year() -> None:
    old, new = load_roll("SDF", parcels=900, year=2024), load_roll("SDF", parcels=900, year=2025)

    by_year = dict(ask("sales by sale year")["rows"])

    assert by_year == {
        2023: old.filter(pl.col("SALE_YR") == 2023).height,
        2024: new.filter(pl.col("SALE_YR") == 2024).height,
        2025: new.filter(pl.col("SALE_YR") == 2025).height,
    }


def test_nothing_loaded_is_an_answer() -> None:
    found = ask("how many sales in Duval in 2025")

    assert found["rows"] == [[0]]
    assert found["answer"].startswith("0 sales ")
    assert found["answer"].endswith("No SDF roll is loaded.")
    assert ask("average price of sales in Duval")["rows"] == [[None, 0]]
    assert ask("average price by county")["answer"].startswith(
        "The average price of sales of the newest rolls by county: there are 0."
    )


def test_a_county_that_is_not_loaded_is_named() -> None:
    load_roll("NAL", parcels=90)

    found = ask("how many parcels in Union or Duval")

    assert found["rows"] == [[90]]
    assert found["answer"].endswith("No NAL roll of Duval is loaded.")
    assert ask("how many parcels")["answer"].endswith("Loaded: 1 of 67 counties.")
    assert ask("parcels in Union in 2019")["answer"].endswith("No NAL roll of 2019 is loaded.")


@pytest.mark.usefixtures("warehouse")
def test_companies_are_found_by_name_and_counted_by_type(place: object) -> None:
    assert ask("how many companies")["answer"] == "0 companies. No file of corporations is loaded."
    put(
        place,  # type: ignore[arg-type]
        "20250701c.txt",
        entity(1, name="ACME HOLDINGS LLC", file_date="07012025"),
        entity(2, name="ACME 100% CORP", filing_type="DOMP", status="I"),
        entity(3, name="HERON LLC", principal_city="MIAMI", fei="123456789"),
    )
    sync()

    assert [row[1] for row in ask("companies whose name starts with acme")["rows"]] == [
        "ACME HOLDINGS LLC",
        "ACME 100% CORP",
    ]
    assert figure('how many companies whose name contains "0%"') == 1
    assert ask("number of active companies by filing type")["rows"] == [["FLAL", 2]]
    assert ask("companies in Miami")["rows"][0][:2] == ["L20000000003", "HERON LLC"]
    since = ask("companies filed since 2025-01-01")
    assert [row[-1] for row in since["rows"]] == ["2025-07-01"]
    assert figure("how many companies formed in 2025") == 1
    assert ask("officers of company ACME")["rows"] == []


@pytest.fixture
def without_nap() -> Iterator[None]:
    """The warehouse lacks a table, as before its migrations; later tests have it again."""
    tables.drop(connections["warehouse"], "nap")
    yield
    tables.ensure(connections["warehouse"], TABLES["NAP"])


def test_tables_that_are_not_there_are_said_to_be_made_by_migrations(without_nap: None) -> None:
    with pytest.raises(ActionError, match=r"manage\.py migrate --database warehouse"):
        ask("how many accounts")


def test_a_warehouse_that_is_away_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*arguments: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(running, "reading_only", away)

    with pytest.raises(TryLater, match="the warehouse cannot be used now"):
        ask("how many parcels")
