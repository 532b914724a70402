"""What goes wrong around the actions of ai_ml is a clear error, or a smaller answer that says what is missing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from operations.performance import durations
from tests.workers.ai_ml.make import RULE, Json, in_store, load, make_roll, run, without_codes
from tests.workers.performance.conftest import concord, nobody
from tests.workers.performance.test_analyze_performance import make_past
from tests.workers.trouble import answer, cut_off, warehouse_away, without_table
from workers import datasets
from workers.ai_ml import judging, rolls, worker
from workers.contract import ActionError, Call, InvalidParameters, TryLater
from workers.florida_data.tables import TABLES
from workers.warehouse import tables
from workers.warehouse.models import Release

__all__ = ["concord", "nobody"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

CALLS: dict[str, Json] = {
    "assign_use_codes": {"counties": ["Union"]},
    "store_rules": {"rules": [RULE]},
    "handle_chat_query": {"question": "how many parcels in Union"},
    "execute_self_healing": {"remedies": ["refresh_stale_release"]},
}


@pytest.fixture
def without_sdf() -> Iterator[None]:
    """The warehouse lacks the table of sales, as before its migrations; later tests have it again."""
    tables.drop(connections["warehouse"], "sdf")
    yield
    tables.ensure(connections["warehouse"], TABLES["SDF"])


@pytest.mark.parametrize(
    ("action", "table"),
    [
        ("assign_use_codes", "workers_learnedrule"),
        ("store_rules", "workers_learnedrule"),
        ("handle_chat_query", "workers_release"),
        ("execute_self_healing", "workers_release"),
    ],
)
def test_a_missing_table_is_named_with_what_makes_it(action: str, table: str) -> None:
    with without_table(table), pytest.raises(ActionError) as failure:
        run(action, **CALLS[action])

    assert not isinstance(failure.value, TryLater)
    assert table in str(failure.value)
    assert str(failure.value).endswith("run `manage.py migrate --database warehouse`")


def test_a_missing_table_is_final_for_a_caller_over_http(without_sdf: None) -> None:
    status, body = answer(worker, "assign_use_codes", {"roll": "SDF"})

    assert (status, body["status"], body["retryable"], body["field"]) == (400, "failed", False, "roll")
    assert body["error"] == "No SDF is loaded: run a data_pipeline operation first, or give rows."


@pytest.mark.parametrize(
    ("action", "after"), [*((action, 0) for action in CALLS), ("assign_use_codes", 2), ("handle_chat_query", 1)]
)
def test_a_warehouse_that_is_away_makes_the_call_worth_another_try(action: str, after: int) -> None:
    load(300)
    Release.objects.update(loaded_at=timezone.now() - timedelta(days=90))
    with warehouse_away(after), pytest.raises(TryLater) as failure:
        run(action, **CALLS[action])

    assert str(failure.value) == "the warehouse cannot be used now: server closed the connection unexpectedly"


def test_a_server_that_closes_the_connection_while_a_roll_is_read_makes_the_call_worth_another_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("SQLite closes no connections")
    load(300)
    monkeypatch.setattr(rolls, "BATCH", 100)

    with pytest.raises(TryLater, match="the warehouse cannot be used now"):
        worker.actions["assign_use_codes"].run(Call(report=cut_off), {})
    connections["warehouse"].close()  # as the service does after a call

    assert run("assign_use_codes")["parcels"] == 300


def test_rules_that_could_not_be_kept_are_kept_by_the_next_try() -> None:
    for after in (2, 4):
        with warehouse_away(after), pytest.raises(TryLater):
            run("store_rules", rules=[RULE])

    assert run("store_rules", rules=[RULE])["rules"][0]["version"] == 1


def test_rows_that_are_no_parquet_are_named() -> None:
    rows = in_store(make_roll(150))
    datasets.publish_bytes(b"no Parquet", "tests/broken.parquet")

    with pytest.raises(InvalidParameters, match="rows: it is no Parquet file that can be read"):
        run("assign_use_codes", rows=rows | {"$dataset": datasets.url_of("tests/broken.parquet")})


def test_counties_without_a_loaded_roll_are_said_to_have_nothing() -> None:
    load(300)

    found = run("assign_use_codes", counties=["Duval"])

    assert (found["parcels"], found["model"]) == (0, None)
    assert found["words"].startswith("There is no parcel to look at: nothing is loaded of these counties")


def test_a_model_whose_card_was_lost_is_learned_and_told_again() -> None:
    rows = in_store(without_codes(make_roll(600)))
    first = run("assign_use_codes", rows=rows)
    card = datasets.url_of(f"models/{first['model']['version']}.json")
    Path(card.removeprefix("file://")).unlink()

    assert run("assign_use_codes", rows=rows) == first
    assert datasets.exists(card)


def test_more_rows_than_fit_into_one_call_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    load(300)
    monkeypatch.setattr(rolls, "MOST_ROWS", 100)

    with pytest.raises(InvalidParameters, match="counties: 300 rows are more than the 100 of one call; take fewer"):
        run("assign_use_codes")


def test_a_roll_is_read_and_judged_in_parts_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = in_store(without_codes(make_roll(900), every=2))
    whole = run("assign_use_codes", rows=rows)
    monkeypatch.setattr(judging, "AT_ONCE", 100)

    assert run("assign_use_codes", rows=rows) == whole


def test_a_thousand_rules_in_force_are_applied_the_first_by_name_winning() -> None:
    for start in range(0, 1_000, 100):
        codes = [{"field": "dor_uc", "value": f"{number % 100:03}"} for number in range(start, start + 100)]
        named = [RULE | {"name": f"rule_{start + at:04}", "sets": one} for at, one in enumerate(codes)]
        run("store_rules", rules=named)
    roll = make_roll(300)

    found = run("assign_use_codes", rows=in_store(roll.with_columns(DOR_UC=None, JV=0)))

    assert found["by_rule"] == 300
    assert set(datasets.read(found["assignments"])["by"]) == {"rule rule_0000 version 1"}


def test_more_rules_than_one_call_takes_are_refused_with_the_number() -> None:
    with pytest.raises(InvalidParameters, match=r"rules: List should have at most 100 items .*, not 1000"):
        run("store_rules", rules=[RULE | {"name": f"rule_{number}"} for number in range(1_000)])


def test_more_operations_than_are_looked_at_are_said_to_be_there(concord: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "MOST_OPERATIONS", 5)
    make_past(8, days_ago=0.1, step_seconds=1)

    found = run("run_monitoring_ai")

    assert "There were more operations than are looked at" in found["summary"][-1]


def test_more_series_than_one_call_takes_are_refused_with_the_number() -> None:
    series = {f"series {number}": [1.0] for number in range(5_000)}

    with pytest.raises(InvalidParameters, match="series: Dictionary should have at most 500 items"):
        run("run_monitoring_ai", series=series)


def test_no_series_and_no_operation_is_an_answer(concord: str) -> None:
    assert run("run_monitoring_ai")["series"] == 0
