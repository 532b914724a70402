"""assign_use_codes: what is probable enough gets a code, what is not goes to a person, and nothing is made up."""

import json

import polars as pl
import pytest
from django.db import OperationalError, connections

from tests.workers.ai_ml.make import RULE, in_store, load, make_roll, run, without_codes
from workers import datasets
from workers.ai_ml import features, model, rolls
from workers.contract import ActionError, InvalidParameters, TryLater
from workers.florida_data.tables import TABLES
from workers.warehouse import tables

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


@pytest.fixture
def without_sdf():
    """The warehouse lacks the table of sales, as before its migrations; later tests have it again."""
    tables.drop(connections["warehouse"], "sdf")
    yield
    tables.ensure(connections["warehouse"], TABLES["SDF"])


def test_parcels_that_lack_a_code_get_it_or_go_to_a_person():
    roll = make_roll()

    found = run("assign_use_codes", rows=in_store(without_codes(roll)), threshold=0.8)

    assert (found["parcels"], found["lacking"]) == (1_500, 150)
    assert found["assigned"] + found["unsure"] == 150
    assert found["assigned"] > 50
    assert found["model"]["metrics"]["accuracy"] > found["model"]["metrics"]["majority"]
    assigned = datasets.read(found["assignments"])
    assert assigned.filter(pl.col("probability") < 0.8).is_empty()
    truth = assigned.join(roll.rename({"PARCEL_ID": "parcel_id"}), on="parcel_id")
    assert (truth["use_code"] == truth["DOR_UC"]).sum() > 0.8 * truth.height


def test_a_higher_threshold_assigns_fewer_and_leaves_more_to_people():
    rows = in_store(without_codes(make_roll()))

    lax, strict = (run("assign_use_codes", rows=rows, threshold=threshold) for threshold in (0.5, 0.95))

    assert strict["assigned"] < lax["assigned"]
    assert strict["unsure"] > lax["unsure"]
    assert len(strict["review_items"]) == min(25, strict["unsure"] + strict["looks_wrong"])
    item = strict["review_items"][0]
    assert item["reason"] == "unsure"
    assert item["probability"] < 0.95
    assert item["options"][0]["votes"] >= item["options"][-1]["votes"]
    assert item["options"][0]["value"] in item["words"]


def test_a_code_that_looks_wrong_is_doubted_by_trees_that_did_not_see_it():
    roll = make_roll()
    condominium = roll.filter(pl.col("DOR_UC") == "004")["PARCEL_ID"][0]
    wrong = pl.when(pl.col("PARCEL_ID") == condominium).then(pl.lit("086")).otherwise("DOR_UC")

    found = run("assign_use_codes", rows=in_store(roll.with_columns(DOR_UC=wrong)), doubt_above=0.6)

    [doubt] = [item for item in found["review_items"] if item["record"]["parcel_id"] == condominium]
    assert (doubt["reason"], doubt["record"]["present"]) == ("looks_wrong", "086")
    assert "Has 086 (county)" in doubt["words"]
    assert found["lacking"] == 0


def test_columns_that_follow_from_the_code_are_not_learned_from():
    found = run("assign_use_codes", rows=in_store(make_roll()))

    assert not {"bas_strt", "atv_strt", "grp_no", "pa_uc", "dor_uc"} & {*found["model"]["columns"]}


def test_the_same_rows_give_the_same_model_and_the_same_codes():
    rows = in_store(without_codes(make_roll(600)))

    first, second = run("assign_use_codes", rows=rows), run("assign_use_codes", rows=rows)

    assert first == second
    with datasets.opened(datasets.url_of(f"models/{first['model']['version']}.json")) as file:
        assert json.loads(file.read()) == first["model"]


def test_other_rows_can_be_learned_from():
    roll = make_roll()
    lacking = roll.with_columns(DOR_UC=pl.lit(None, pl.String)).tail(100)

    found = run(
        "assign_use_codes", rows=in_store(lacking), training=in_store(roll.head(1_400), "taught"), threshold=0.5
    )

    assert (found["lacking"], found["model"]["trained_on"]) == (100, 1_400)
    assert found["assigned"] > 0


def test_a_rule_in_force_goes_before_the_model():
    run("store_rules", rules=[RULE])
    roll = make_roll().with_columns(DOR_UC=pl.when(pl.col("DOR_UC") == "009").then(None).otherwise("DOR_UC"))

    found = run("assign_use_codes", rows=in_store(roll))

    codes = datasets.read(found["assignments"])
    ruled = codes.filter(pl.col("by") == "rule one_dollar_common_area version 1")
    assert ruled.height == found["by_rule"] > 0
    assert ruled["use_code"].unique().to_list() == ["009"]


def test_what_is_loaded_is_read_by_county():
    load()

    assert run("assign_use_codes", counties=["Union"])["parcels"] == 1_500
    assert run("assign_use_codes", counties=["Duval"])["parcels"] == 0


def test_without_enough_to_learn_from_all_goes_to_people_and_that_is_said():
    found = run("assign_use_codes", rows=in_store(without_codes(make_roll(150))))

    assert (found["model"], found["assigned"], found["unsure"]) == (None, 0, 15)
    assert "No model could learn" in found["words"]
    assert found["review_items"][0]["options"] == []


def test_an_empty_roll_is_an_answer():
    found = run("assign_use_codes", rows=in_store(make_roll(150).head(0)))

    assert (found["parcels"], found["assignments"], found["review"], found["model"]) == (0, None, None, None)


def test_too_many_rows_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(rolls, "MOST_ROWS", 100)

    with pytest.raises(InvalidParameters, match="rows: 150 rows are more than the 100 of one call"):
        run("assign_use_codes", rows=in_store(make_roll(150)))


def test_training_rows_that_are_gone_are_named():
    rows = in_store(make_roll(150))

    with pytest.raises(InvalidParameters, match="training: there is no file"):
        run("assign_use_codes", rows=rows, training=rows | {"$dataset": datasets.url_of("tests/gone.parquet")})


def test_a_roll_that_is_not_loaded_is_named(without_sdf):
    with pytest.raises(ActionError, match="No SDF is loaded: run a data_pipeline operation first"):
        run("assign_use_codes", roll="SDF")


def test_rows_without_parcels_are_refused_by_name():
    rows = in_store(make_roll(150).drop("PARCEL_ID"))

    with pytest.raises(InvalidParameters, match="rows: it has no column PARCEL_ID"):
        run("assign_use_codes", rows=rows)


def test_a_warehouse_that_is_away_is_asked_again_later(monkeypatch):
    def away(*arguments, **named):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(rolls.tables, "columns", away)
    with pytest.raises(TryLater, match="the warehouse cannot be used now"):
        run("assign_use_codes")


def test_probabilities_keep_their_word_on_parcels_that_were_not_seen():
    parcels = features.parcels(make_roll(3_000).rename(str.lower), "NAL")

    trained = model.train(parcels, "NAL")

    assert trained is not None
    assert trained.metrics["expected_calibration_error"] < 0.05
    curve = trained.metrics["curve"]
    assert [point["coverage"] for point in curve] == sorted((p["coverage"] for p in curve), reverse=True)
    assert trained.unseen.probability.max() < 1
