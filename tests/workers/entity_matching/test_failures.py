"""What goes wrong around the actions of entity_matching is a clear error, or a smaller answer that says so."""

import pytest
from django.db import connections

from tests.workers.entity_matching.conftest import COMPANIES, Json, company, match, owner, run, written
from tests.workers.sunbiz.conftest import warehouse
from tests.workers.trouble import Withdrawn, answer, cut_off, warehouse_away, without_table
from workers import datasets
from workers.contract import ActionError, Call, Cancelled, InvalidParameters, TryLater
from workers.entity_matching import bounds, tables, worker
from workers.entity_matching.engines import on_duckdb
from workers.warehouse.matches import MatchLink

__all__ = ["warehouse"]

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place", "warehouse"),
]

REGISTER = {"table": "sunbiz_entity"}
NAME = [{"kind": "name", "column": "name"}]
OWNERS = [owner(str(number), f"HERON {word} LLC") for number, word in enumerate(("HOMES", "BOATS", "FARMS"))]
ENTITIES = [company(f"L{number}", f"HERON {word} LLC") for number, word in enumerate(("HOMES", "BOATS", "FARMS"))]


def calls(table: Json) -> dict[str, Json]:
    """The actions, on this table of the register's columns."""
    pairs = [{"kind": "name", "left": "name", "right": "name"}]
    keys = {"left_key": ["document_number"], "right_key": ["document_number"], "fields": pairs}
    roll = {"properties": table, "property_key": ["document_number"], "owner_name": "name"}
    return {
        "match_entities": {"left": table, "right": table, "linkage": "test", **keys},
        "deduplicate": {"dataset": table, "key": ["document_number"], "fields": NAME, "linkage": "test"},
        "link_properties_to_entities": {**roll, "linkage": "test"},
    }


def of_another_time() -> Json:
    """What `settle` is given: a matching with two candidates for one owner."""
    rivals = [company("L1", "HERON HOMES LLC"), company("L2", "HERON HOMES LLC")]
    return match([owner("1", "HERON HOMES LLC")], rivals)


@pytest.mark.parametrize("action", calls(REGISTER))
def test_a_missing_table_is_named_with_those_that_are_there(action: str) -> None:
    with pytest.raises(InvalidParameters, match="the warehouse has no data table 'gone'; there are nal") as failure:
        run(action, **calls({"table": "gone"})[action])

    assert failure.value.field in ("left.table", "dataset.table", "properties.table")


def test_a_register_that_was_never_made_is_named() -> None:
    with without_table("sunbiz_entity"), pytest.raises(InvalidParameters, match="no data table 'sunbiz_entity'"):
        run("link_properties_to_entities", properties=written(OWNERS, "roll"), property_key=["id"])


@pytest.mark.parametrize("table", ["workers_matchdecision", "workers_matchlink"])
def test_a_warehouse_that_cannot_keep_links_says_what_to_run(table: str) -> None:
    with without_table(table), pytest.raises(ActionError) as failure:
        match(OWNERS, ENTITIES)

    assert not isinstance(failure.value, TryLater)
    assert table in str(failure.value)
    assert "manage.py migrate --database warehouse" in str(failure.value)


def test_a_missing_table_is_final_for_a_caller_over_http() -> None:
    status, body = answer(worker, "match_entities", calls({"table": "gone"})["match_entities"])

    assert (status, body["status"], body["retryable"], body["field"]) == (422, "failed", False, "left.table")
    assert body["error"].startswith("left.table: the warehouse has no data table 'gone'; there are ")


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("action", calls(REGISTER))
def test_a_warehouse_that_is_away_makes_the_call_worth_another_try(action: str, after: int) -> None:
    with warehouse_away(after), pytest.raises(TryLater) as failure:
        run(action, **calls(REGISTER)[action])

    assert str(failure.value) == "the warehouse cannot be used now: server closed the connection unexpectedly"


def test_a_server_that_closes_the_connection_while_a_table_is_read_makes_the_call_worth_another_try() -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("SQLite closes no connections")
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO sunbiz_entity (document_number, name, status, file_id, version)"
            " VALUES ('L1', 'HERON HOMES LLC', 'A', 1, 1)"
        )

    with pytest.raises(TryLater, match="the warehouse cannot be used now"):
        worker.actions["deduplicate"].run(Call(report=cut_off), calls(REGISTER)["deduplicate"])
    connections["warehouse"].close()  # as the service does after a call


def test_links_that_could_not_be_written_are_written_by_the_next_try() -> None:
    with warehouse_away(after=1), pytest.raises(TryLater):
        match(OWNERS, ENTITIES)
    assert not MatchLink.objects.exists()

    assert match(OWNERS, ENTITIES)["linked"] == MatchLink.objects.count() == 3


def test_a_person_s_word_waits_for_the_warehouse() -> None:
    found = of_another_time()
    said = {"left_key": "1", "right_key": "L1", "same": True}

    with warehouse_away(), pytest.raises(TryLater, match="the warehouse cannot be used now"):
        run("settle", matching=found, decisions=[said])

    assert run("settle", matching=found, decisions=[said])["accepted"] == 1


def test_an_empty_register_is_told_in_words() -> None:
    found = run("link_properties_to_entities", properties=written(OWNERS, "roll"), property_key=["id"])

    assert (found["linked"], found["left_rows"], found["right_rows"]) == (0, 3, 0)
    assert found["words"] == "0 links: there are no rows to match on the right."


@pytest.mark.parametrize(
    ("content", "words"), [(None, "there is no file at"), (b"no Parquet", "it is no Parquet file that can be read")]
)
def test_a_dataset_that_is_gone_or_none_is_named(content: bytes | None, words: str) -> None:
    found = of_another_time()
    if content:
        datasets.publish_bytes(content, "tests/gone.parquet")
    gone = found["unsure"] | {"$dataset": datasets.url_of("tests/gone.parquet")}

    for action, parameters in calls(gone).items():
        with pytest.raises(InvalidParameters, match=words):
            run(action, **parameters)
    with pytest.raises(InvalidParameters, match=f"matching.unsure: {words}"):
        run("settle", matching=found | {"unsure": gone})


def test_a_dataset_of_something_else_cannot_be_settled() -> None:
    found = of_another_time()

    with pytest.raises(InvalidParameters, match=r"matching\.unsure: it has no column 'left': give the result of"):
        run("settle", matching=found | {"unsure": found["links"]})


@pytest.mark.parametrize(("limit", "words"), [("BYTES_TO_READ", "left: 3 rows"), ("BYTES_TO_MATCH", "6 rows")])
def test_more_rows_than_the_memory_holds_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, limit: str, words: str
) -> None:
    for module in (bounds, tables):
        monkeypatch.setattr(module, limit, 10**15, raising=False)

    with pytest.raises(InvalidParameters, match=rf"^{words} take about [0-9,.]+ GB of memory, and .* are free here; "):
        match(OWNERS, ENTITIES)


def test_what_outgrows_the_engine_s_memory_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_duckdb, "MEMORY", "1MB")
    many = [owner(str(number), f"HERON {number} HOMES {number * 7} LLC", f"{number} MAIN ST") for number in range(400)]

    with pytest.raises(ActionError) as failure:
        match(many, [company(row["id"], row["owner"], row["street"]) for row in many])

    assert str(failure.value).startswith("the records cannot be compared: Out of Memory Error")
    assert "SELECT" not in str(failure.value)


@pytest.mark.parametrize("at", ["bringing", "comparing"])
def test_a_matching_that_is_withdrawn_is_broken_off(at: str) -> None:
    many = [owner(str(number), f"HERON {number} HOMES LLC") for number in range(300)]
    sides = {"left": written(many, "left"), "right": written(ENTITIES, "right")}
    named = {"left_key": ["id"], "right_key": ["id"], "fields": COMPANIES, "linkage": "test"}

    with pytest.raises(Cancelled):
        worker.actions["match_entities"].run(Withdrawn(at), sides | named)

    assert not MatchLink.objects.exists()
