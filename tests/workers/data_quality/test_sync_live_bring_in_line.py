"""sync_live: a table gets exactly the rows of another store, as the plan told before."""

import polars as pl
import pytest

from tests.workers.data_quality.parcels import (
    COLUMNS,
    TABLE,
    edited,
    execute,
    held,
    make_rows,
    ordered,
    put,
    run,
    source,
)
from tests.workers.rolls import make_processed
from workers import datasets
from workers.contract import Call, InvalidParameters
from workers.data_quality.syncing import applying, staging
from workers.florida_data.upload import upload

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place", "parcels"),
]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("delete", [True, False])
def test_random_edits_are_told_and_made_as_a_plain_comparison_would(
    seed: int, delete: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 100)
    monkeypatch.setattr(applying, "BATCH_ROWS", dict.fromkeys(applying.BATCH_ROWS, 7))
    before = make_rows()
    after = edited(before, seed)
    put(before)
    old, new = ({(row["co_no"], row["parcel_id"]): row for row in rows} for rows in (before, after))
    inserts = [key for key in new if key not in old]
    updates = [key for key in new if key in old and old[key] != new[key]]
    lonely = [key for key in old if key not in new]

    plan = run(after, delete=delete, partition="co_no")
    assert held() == ordered(before)
    assert (plan["inserts"], plan["updates"], plan["only_in_target"]) == (len(inserts), len(updates), len(lonely))
    assert plan["deletes"] == (len(lonely) if delete else 0)
    counts = {name: sum(old[key][name] != new[key][name] for key in updates) for name in COLUMNS}
    assert plan["by_column"] == {name: count for name, count in counts.items() if count}
    for part in plan["partitions"]:
        county = int(part["partition"])
        assert part["inserts"] == sum(key[0] == county for key in inserts)
        assert part["updates"] == sum(key[0] == county for key in updates)
        assert part["deletes"] == (sum(key[0] == county for key in lonely) if delete else 0)

    done = run(after, delete=delete, mode="apply", expected=plan["digest"])
    assert done["applied"] is True
    assert {name: done[name] for name in ("inserts", "updates", "deletes", "digest")} == {
        name: plan[name] for name in ("inserts", "updates", "deletes", "digest")
    }
    assert held() == ordered(after + ([] if delete else [old[key] for key in lonely]))
    assert execute("SELECT count(*) FROM parcels WHERE note IS NULL") == [(len(inserts),)]

    again = run(after, delete=delete, mode="apply", expected=plan["digest"])
    assert (again["applied"], again["in_line"], again["updates"]) == (False, True, 0)


def test_examples_are_few_and_without_names() -> None:
    before = make_rows(20)
    put(before)
    after = [row | {"own_name": "Somebody Else", "jv": 5} for row in before[1:]] + [before[0] | {"parcel_id": "new"}]

    plan = run(after, delete=True, examples=2)

    assert [one["what"] for one in plan["examples"]] == ["delete", "update", "update", "insert"]
    assert plan["examples"][1]["cells"]["own_name"][1] == "(13 characters)"
    assert plan["examples"][1]["cells"]["jv"][1] == 5
    assert plan["examples"][-1]["key"] == {"co_no": 11, "parcel_id": "new"}


def test_only_the_named_columns_change() -> None:
    before = make_rows(20)
    put(before)
    run([row | {"own_name": "other", "jv": 5} for row in before], columns=["JV"], mode="apply")

    assert held() == ordered([row | {"jv": 5} for row in before])
    assert execute("SELECT DISTINCT note FROM parcels") == [("kept",)]


def test_rows_outside_of_where_are_neither_compared_nor_deleted() -> None:
    before = make_rows(30)
    put(before)
    target = {"table": "parcels", "where": {"co_no": 11, "note": "kept"}}

    done = run([row for row in make_rows(60)[30:] if row["co_no"] == 11], target=target, delete=True, mode="apply")

    assert (done["inserts"], done["deletes"], done["rows_target"]) == (10, 10, 10)
    assert held("co_no <> 11") == ordered([row for row in before if row["co_no"] != 11])
    assert execute("SELECT DISTINCT note FROM parcels") == [("kept",)]
    with pytest.raises(InvalidParameters, match=r"10 rows have another co_no than target.where says \(11\)"):
        run([row for row in before if row["co_no"] == 12], target=target)


def test_a_table_can_be_the_source() -> None:
    processed = make_processed()
    upload.run(Call(), {"processed": processed})
    execute("DROP TABLE IF EXISTS live_sales")
    execute("CREATE TABLE live_sales AS SELECT * FROM sdf_current LIMIT 3")
    execute("ALTER TABLE live_sales DROP COLUMN release_id")
    of_county = {"table": "sdf_current", "where": {"co_no": processed["county_no"]}}
    try:
        run(of_county, target={"table": "live_sales"}, key=["parcel_id", "sale_id_cd"], mode="apply")
        names = ", ".join(name.lower() for name in datasets.read(processed["dataset"]).columns)
        assert sorted(execute(f"SELECT {names} FROM live_sales"), key=repr) == sorted(
            execute(f"SELECT {names} FROM sdf_current"), key=repr
        )
    finally:
        execute("DROP TABLE live_sales")


def test_a_source_without_rows_is_told_and_empties_the_table_only_on_demand() -> None:
    put(make_rows(20))

    assert run([], mode="apply")["in_line"] is True
    assert run([], delete=True)["deletes"] == 20
    assert run([], delete=True, mode="apply")["words"] == ("In parcels 0 rows were inserted, 0 updated and 20 deleted.")
    assert held() == []
    assert run([], delete=True)["in_line"] is True


def test_numbers_and_dates_of_other_types_are_the_same_values() -> None:
    rows = make_rows(40)
    put(rows)
    frame = datasets.read(source(rows)).with_columns(
        pl.col("CO_NO").cast(pl.Float64), pl.col("JV").cast(pl.String), pl.col("SEEN").str.to_date()
    )

    assert run(dict(datasets.write(frame, "tests/other.parquet")))["in_line"] is True


def test_a_target_whose_key_no_index_has_is_brought_in_line_too() -> None:
    execute("DROP TABLE parcels")
    execute(TABLE.replace(", PRIMARY KEY (co_no, parcel_id)", ""))
    before = make_rows(50)
    put(before)

    assert run(edited(before, 9), mode="apply", delete=True)["applied"] is True
    assert held() == ordered(edited(before, 9))
