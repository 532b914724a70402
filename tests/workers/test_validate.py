"""validate: each rule finds what breaks it, and nothing else does."""

import zipfile
from pathlib import Path

import polars as pl
import pytest

from tests.workers.rolls import UNION, make_dataset, make_processed
from workers import datasets
from workers.contract import Call, InvalidParameters
from workers.data_quality import measuring
from workers.data_quality.rules import KEYS, RULES
from workers.data_quality.rules.checks import RowCheck
from workers.data_quality.validate import validate
from workers.florida_data.checks import TYPES
from workers.roll_columns import NAP, SDF
from workers.warehouse.models import Release

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "dor"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the real rolls are not here")


def run_validate(frame, file_type, *, county_no=UNION.no, stage="P", **parameters):
    dataset = make_dataset(frame, f"validate-{file_type}")
    arguments = {"dataset": dataset, "file_type": file_type, "county_no": county_no, "year": 2025, "stage": stage}
    return validate.run(Call(), arguments | parameters)


def broken(validation):
    """Violations by the rule's name."""
    return {finding["rule"]: finding["violations"] for finding in validation["rules"] if finding["violations"]}


def finding(validation, rule):
    return next(finding for finding in validation["rules"] if finding["rule"] == rule)


def clean(file_type):
    """The rows of a generated roll."""
    return datasets.read(make_processed(file_type=file_type)["dataset"])


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_a_generated_roll_breaks_no_rule_of_severity_error(file_type):
    validation = run_validate(clean(file_type), file_type)

    assert validation["ok"] is True
    assert validation["failed"] == 0
    assert validation["passed"] + validation["warnings"] == len(validation["rules"])


SEEDED = {
    "NAVN": {
        "navn.county": {"CO_NO": 16},
        "navn.letter": {"ROLL_T": "D"},
        "navn.parcel-present": {"PARCEL_ID": " "},
        "navn.year": {"TAX_YR": 2024},
        "navn.total": {"TOT_ASMNT": -1.0, "NO_ASMNT": 0},
        "navn.number": {"NO_ASMNT": 0},
    },
    "NAVD": {
        "navd.county": {"CO_NO": 16},
        "navd.letter": {"REC_T": "N"},
        "navd.parcel-present": {"PARCEL_ID": None},
        "navd.amount": {"ASMNT_AMT": None},
        "navd.function-code": {"FUNC_CD": "11"},
    },
    "SDF": {
        "sdf.county": {"CO_NO": 16},
        "sdf.year": {"ASMNT_YR": 2024},
        "sdf.one-submission": {"RS_ID": "FFFF"},
        "sdf.parcel-present": {"PARCEL_ID": " "},
        "sdf.sale-id-present": {"SALE_ID_CD": None},
        "sdf.price": {"SALE_PRC": -5, "QUAL_CD": "14"},
        "sdf.use-code": {"DOR_UC": "100"},
        "sdf.qualification-code": {"QUAL_CD": "15"},
        "sdf.qualified-price": {"QUAL_CD": "02", "SALE_PRC": 100},
        "sdf.minimum-stamps-price": {"QUAL_CD": "11", "SALE_PRC": 101},
        "sdf.change-code-present": {"QUAL_CD": "03", "SAL_CHG_CD": None},
        "sdf.change-code-absent": {"QUAL_CD": "14", "SAL_CHG_CD": "3"},
        "sdf.multiple-parcels-marked": {"QUAL_CD": "05", "MULTI_PAR_SAL": None},
        "sdf.one-instrument": {"CLERK_NO": "1", "OR_BOOK": "2", "OR_PAGE": "3"},
        "sdf.instrument-present": {"CLERK_NO": None, "OR_BOOK": "2", "OR_PAGE": None},
        "sdf.sale-year": {"SALE_YR": 2023},
        "sdf.sale-month": {"SALE_MO": "13"},
        "sdf.not-in-future": {"SALE_YR": 2025, "SALE_MO": "08"},
        "sdf.discovered-lately": {"QUAL_CD": "99", "SALE_YR": 2025, "SALE_MO": "03"},
    },
    "NAP": {
        "nap.county": {"CO_NO": 16},
        "nap.year": {"ASMNT_YR": 2024},
        "nap.file-letter": {"FILE_T": "R"},
        "nap.one-submission": {"TS_ID": "FFFF"},
        "nap.account-present": {"ACCT_ID": None},
        "nap.money": {"JV_POL_CONTRL": -1},
        "nap.fiduciary-blank": {"FIDU_CITY": "MIAMI"},
        "nap.just-value-sum": {"JV_F_F_E": 1, "JV_LESE_IMP": 1, "JV_TOTAL": 10_000_000},
        "nap.assessed-value": {"JV_F_F_E": 7, "JV_LESE_IMP": None, "JV_TOTAL": 7, "AV_TOTAL": 8, "EXMPT_VAL": 8,
                               "EXMPT": "M;8", "TAX_VAL": 0},
        "nap.taxable-value": {"TAX_VAL": 10_000_000},
        "nap.exemption-sum": {"EXMPT": "M;0;A;10000001"},
    },
    "NAL": {
        "nal.county": {"CO_NO": 16},
        "nal.year": {"ASMNT_YR": 2024},
        "nal.file-letter": {"FILE_T": "P"},
        "nal.one-submission": {"RS_ID": "FFFF"},
        "nal.parcel-present": {"PARCEL_ID": None},
        "nal.money": {"EXMPT_82": -1},
        "nal.school-values": {"TV_SD": 1 << 40},
        "nal.county-values": {"TV_NSD": 1 << 40},
        "nal.just-value-parts": {"JV_WRKNG_WTRFNT": 1 << 20},
        "nal.assessed-value-parts": {"AV_WRKNG_WTRFNT": 1 << 20},
        "nal.change-blank": {"JV_CHNG": -500, "JV_CHNG_CD": "01"},
        "nal.change-code": {"JV_CHNG": None, "JV_CHNG_CD": "01"},
        "nal.use-code": {"DOR_UC": "100", "BAS_STRT": "11"},
        "nal.stratum": {"DOR_UC": "001", "BAS_STRT": "02"},
        "nal.fiduciary-blank": {"FIDU_NAME": "A BANK"},
        "nal.split": {"PAR_SPLT": "11325"},
        "nal.inspection": {"DT_LAST_INSPT": "1325"},
        "nal.years": {"ACT_YR_BLT": 195},
        "nal.combined-units": {"LND_UNTS_CD": "6", "NO_LND_UNTS": 1.0},
        "nal.fractional-units": {"LND_UNTS_CD": "2", "NO_LND_UNTS": 1.5},
        "nal.qualification-code-1": {"QUAL_CD1": "15"},
        "nal.qualification-code-2": {"QUAL_CD2": "15"},
        "nal.qualified-price-1": {"QUAL_CD1": "01", "SALE_PRC1": 100},
        "nal.qualified-price-2": {"QUAL_CD2": "01", "SALE_PRC2": 100},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("file_type", "rule", "cells"),
    [(file_type, rule, cells) for file_type, rules in SEEDED.items() for rule, cells in rules.items()],
)
def test_a_seeded_fault_is_found_by_its_rule_alone(file_type, rule, cells):
    frame = clean(file_type)
    number = frame.height - 1  # not the first row, which says what the submission is
    seeded = pl.int_range(pl.len()) == number
    changed = frame.with_columns(
        pl.when(seeded).then(pl.lit(value, frame.schema[name])).otherwise(name).alias(name)
        for name, value in cells.items()
    )
    sound = {found["rule"]: found["violations"] for found in run_validate(frame, file_type)["rules"]}

    validation = run_validate(changed, file_type)

    more = {name: count for name, count in broken(validation).items() if count > sound[name]}
    assert list(more) == [rule]
    assert more[rule] == sound[rule] + 1


def test_every_rule_that_looks_at_single_rows_has_a_seeded_fault():
    for file_type, rules in RULES.items():
        by_row = {rule.id for rule in rules if isinstance(rule.check, RowCheck)}
        assert by_row - set(SEEDED[file_type]) <= {"sdf.submission-of-parcels", "nal.change-size"}


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_a_repeated_key_is_found_once_with_its_rows(file_type):
    frame = clean(file_type)
    doubled = pl.concat([frame, frame.head(1), frame.head(1)])

    validation = run_validate(doubled, file_type)

    rule = f"{file_type.lower()}.unique"
    key = dict(zip(KEYS[file_type], frame.select(KEYS[file_type]).row(0), strict=True))
    assert finding(validation, rule)["examples"] == [key | {"ROWS": 3}]
    assert [name for name in broken(validation) if RULES_BY_ID[name].severity == "error"] == [rule]


RULES_BY_ID = {rule.id: rule for rules in RULES.values() for rule in rules}


@pytest.mark.parametrize("keys_at_once", [100, 7])
def test_rules_across_rows_find_the_same_where_only_a_part_of_the_keys_is_in_memory(monkeypatch, keys_at_once):
    sales, parcels = clean("SDF"), clean("NAL")
    changed = sales.with_columns(pl.col("SALE_PRC") + 1, MULTI_PAR_SAL=pl.lit("C"), CLERK_NO=pl.lit("7"))
    doubled = pl.concat([changed, changed.head(9)])
    known = make_dataset(parcels.head(20), "parcels")
    whole = run_validate(doubled, "SDF", parcels=known)

    monkeypatch.setattr(measuring, "KEYS_AT_ONCE", keys_at_once)
    in_parts = run_validate(doubled, "SDF", parcels=known)

    assert counted(in_parts) == counted(whole)
    by_key = {rule.id for rule in RULES["SDF"] if rule.check.by_key} - {"sdf.one-price-per-book-and-page"}
    assert by_key <= set(broken(whole))
    assert {found["rule"]: len(found["examples"]) for found in in_parts["rules"]} == {
        found["rule"]: len(found["examples"]) for found in whole["rules"]
    }


def counted(validation):
    """Of how many each rule was asked, and how many break it."""
    return {found["rule"]: (found["checked"], found["violations"]) for found in validation["rules"]}


@pytest.mark.parametrize(("mark", "shared"), [("C", {"CLERK_NO": "7"}), ("D", {"OR_BOOK": "7", "OR_PAGE": "8"})])
def test_parcels_of_one_instrument_with_different_prices_are_found(mark, shared):
    nothing = dict.fromkeys(["CLERK_NO", "OR_BOOK", "OR_PAGE"])
    frame = (
        clean("SDF")
        .head(2)
        .with_columns(
            pl.lit(value, pl.String).alias(name) for name, value in (nothing | shared | {"MULTI_PAR_SAL": mark}).items()
        )
    )

    validation = run_validate(frame.with_columns(SALE_PRC=pl.Series([500, 501])), "SDF", rules="sdf.one-price")

    [example] = [example for found in validation["rules"] for example in found["examples"]]
    assert example == shared | {"ROWS": 2, "LEAST": 500, "GREATEST": 501}
    assert run_validate(frame.with_columns(SALE_PRC=pl.Series([500, 500])), "SDF", rules="sdf.one-price")["ok"]


def test_with_the_parcels_every_sale_must_be_of_one_and_of_their_submission():
    sales, parcels = clean("SDF"), clean("NAL")
    gone = sales["PARCEL_ID"][0]
    known = make_dataset(parcels.filter(pl.col("PARCEL_ID") != gone).with_columns(RS_ID=pl.lit("0000")), "parcels")

    alone = run_validate(sales, "SDF")
    together = run_validate(sales, "SDF", parcels=make_dataset(parcels, "whole"))
    apart = run_validate(sales, "SDF", parcels=known)

    assert {"sdf.parcel-known", "sdf.submission-of-parcels"}.isdisjoint(found["rule"] for found in alone["rules"])
    assert together["ok"] is True
    assert finding(apart, "sdf.parcel-known")["violations"] == sales.filter(PARCEL_ID=gone).height
    assert finding(apart, "sdf.submission-of-parcels")["violations"] == sales.height


def test_a_sale_that_only_the_parcels_remember_is_found():
    sales, parcels = clean("SDF"), clean("NAL")
    echoed = parcels.drop_nulls("SALE_PRC1")["PARCEL_ID"][0]
    changed = parcels.with_columns(SALE_PRC1=pl.when(PARCEL_ID=echoed).then(123_457).otherwise("SALE_PRC1"))
    before = run_validate(sales, "SDF", parcels=make_dataset(parcels, "parcels"))

    after = run_validate(sales, "SDF", parcels=make_dataset(changed, "changed"))

    rule = "sdf.parcels-echo"
    assert finding(after, rule)["violations"] == finding(before, rule)["violations"] + 1
    assert finding(after, rule)["examples"][0]["PARCEL_ID"] == echoed


def test_a_small_change_on_a_final_roll_is_found_there():
    frame = (
        clean("NAL")
        .head(3)
        .with_columns(JV_CHNG=pl.Series([-500, 100, None]), JV_CHNG_CD=pl.Series(["01", "01", None]))
    )

    validation = run_validate(frame, "NAL", stage="F")

    assert finding(validation, "nal.change-size")["violations"] == 1
    assert "nal.change-blank" not in broken(validation)


@pytest.mark.parametrize(("rows", "violations"), [(1000, 0), (1050, 0), (1060, 1), (900, 1)])
def test_a_county_that_grew_or_shrank_much_since_its_last_release_is_found(rows, violations):
    Release.objects.create(
        release="NAL-73-2024F-01-000000000000", file_type="NAL", county_no=UNION.no, year=2024, stage="F",
        submission=1, rows=1000, state="loaded", table="nal",
    )  # fmt: skip
    frame = clean("NAL")
    wanted = pl.concat([frame] * (rows // frame.height + 1)).head(rows)

    found = finding(run_validate(wanted, "NAL", rules="nal.row-count"), "nal.row-count")

    assert (found["checked"], found["violations"]) == (1, violations)


def test_examples_are_few_and_show_no_name():
    frame = clean("NAL").with_columns(FIDU_NAME=pl.lit("A PERSON"))

    found = finding(run_validate(frame, "NAL"), "nal.fiduciary-blank")

    assert (found["violations"], len(found["examples"])) == (frame.height, 5)
    assert found["examples"][0] == {"PARCEL_ID": frame["PARCEL_ID"][0], "FIDU_NAME": "(8 characters)"}


def test_an_unknown_rule_is_answered_with_the_nearest():
    with pytest.raises(InvalidParameters, match=r"nearest is 'sdf\.unique'"):
        run_validate(clean("SDF"), "SDF", rules="sdf.unikue")


def test_a_dataset_of_another_type_is_refused_by_the_columns_it_lacks():
    with pytest.raises(InvalidParameters, match=r"dataset: it has no column .*ACCT_ID"):
        run_validate(clean("SDF"), "NAP")


def test_a_dataset_outside_the_data_folder_is_refused():
    dataset = make_dataset(clean("SDF"), "outside") | {"$dataset": "file:///etc/passwd"}

    with pytest.raises(InvalidParameters, match="outside DATA_URL"):
        validate.run(Call(), {"dataset": dataset, "file_type": "SDF", "county_no": 73, "year": 2025, "stage": "P"})


def read_real(name, layout):
    texts = pl.read_csv((REAL / name).read_bytes(), infer_schema=False)
    return texts.with_columns(pl.col(column.name).cast(TYPES[column.kind]) for column in layout)


@real
def test_the_real_sales_of_broward_give_the_figures_that_were_measured(tmp_path):
    with zipfile.ZipFile(REAL / "broward_sdf_2025.zip") as archive:
        path = archive.extract("SDF16P202501.csv", tmp_path)
    validation = run_validate(read_real(path, SDF), "SDF", county_no=16)

    assert (validation["rows"], validation["ok"]) == (95_332, True)
    assert broken(validation) == {
        "sdf.minimum-stamps-price": 1_398,
        "sdf.change-code-absent": 1,
        "sdf.multiple-parcels-marked": 16,
        "sdf.discovered-lately": 36,
    }
    checked = {found["rule"]: found["checked"] for found in validation["rules"]}
    assert checked["sdf.qualified-price"] == 42_300
    assert checked["sdf.minimum-stamps-price"] == 46_448
    assert checked["sdf.change-code-present"] == 111
    assert checked["sdf.multiple-parcels-marked"] == 1_705
    assert checked["sdf.one-price-per-clerk-number"] == 926
    assert checked["sdf.discovered-lately"] == 141


@real
@pytest.mark.parametrize("name", ["NAP16P202501.head1000.csv", "NAP16P202501.odd-bytes.csv"])
def test_the_real_accounts_of_broward_break_no_rule(name):
    validation = run_validate(read_real(name, NAP), "NAP", county_no=16)

    assert broken(validation) == {}
    assert validation["rows"] > 0
