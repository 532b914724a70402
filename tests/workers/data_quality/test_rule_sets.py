"""Rules that analysts add: each kind of check finds what breaks it alone, and what cannot be read is named."""

import re
import time
from io import StringIO

import polars as pl
import pytest
from django.core.management import CommandError, call_command

from tests.workers.data_quality.rule_texts import Json, as_yaml, make_rule, write_rules
from tests.workers.rolls import UNION, make_dataset, make_processed
from workers import datasets
from workers.contract import Call, InvalidParameters
from workers.data_quality import measuring
from workers.data_quality.rule_sets import reading, stored
from workers.data_quality.rule_sets.mistakes import Unusable
from workers.data_quality.rules import IDS
from workers.data_quality.validate import validate
from workers.florida_data.upload import upload
from workers.warehouse.models import Release

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])


@pytest.fixture
def folder(tmp_path, settings):
    settings.RULES_DIR = tmp_path / "rules"
    return settings.RULES_DIR


def run_validate(frame, file_type="SDF", **parameters):
    roll = {"county_no": UNION.no, "year": 2025, "stage": "P"} if file_type in ("NAL", "SDF", "NAP") else {}
    arguments = {"dataset": make_dataset(frame, f"sets-{file_type}"), "file_type": file_type} | roll
    return validate.run(Call(), arguments | parameters)


def broken(validation):
    return {found["rule"]: found["violations"] for found in validation["rules"] if found["violations"]}


def finding(validation, rule):
    return next(found for found in validation["rules"] if found["rule"] == rule)


def sales():
    return datasets.read(make_processed(file_type="SDF")["dataset"])


# Rules that generated sales keep, each with the cells of a row that breaks it and no other of them.
CHECKS: dict[str, tuple[Json, Json]] = {
    "required": ({"kind": "required", "columns": ["NBRHD_CD"]}, {"NBRHD_CD": " "}),
    "in-list": ({"kind": "in_list", "column": "CO_NO", "values": [UNION.no]}, {"CO_NO": 12}),
    "pattern": ({"kind": "pattern", "column": "VI_CD", "pattern": "[VI]"}, {"VI_CD": "VX"}),
    "range": ({"kind": "range", "column": "SALE_PRC", "most": 900_000_000}, {"SALE_PRC": 900_000_001}),
    "compare": ({"kind": "compare", "left": "SALE_YR", "op": "<=", "right": "ASMNT_YR"}, {"SALE_YR": 2026}),
    "sum": (
        {"kind": "sum", "columns": ["ADDED"], "equals": "TOTAL", "where": [{"column": "TOTAL", "op": "filled"}]},
        {"ADDED": 5},
    ),
    "date": ({"kind": "date", "column": "SEEN", "form": "YYYY-MM-DD"}, {"SEEN": "2025-02-29"}),
    "implies": (
        {
            "kind": "implies",
            "when": [{"column": "GRP_NO", "op": "=", "value": "zz"}],
            "then": [{"column": "MKT_AR", "op": "filled"}],
        },
        {"GRP_NO": "zz", "MKT_AR": None},
    ),
}
WITH_COLUMNS = {"ADDED": 4, "TOTAL": 4, "SEEN": "2024-02-29"}


def prepared():
    """Generated sales, with the columns that the checks speak of and clean of what they would find."""
    return sales().with_columns(
        *(pl.lit(value).alias(name) for name, value in WITH_COLUMNS.items()), NBRHD_CD=pl.lit("1"), VI_CD=pl.lit("V")
    )


def analysts(validation):
    return {name: count for name, count in broken(validation).items() if name not in IDS}


@pytest.mark.parametrize("kind", CHECKS)
def test_a_seeded_fault_is_found_by_its_rule_alone(folder, kind):
    write_rules(folder, *(make_rule(f"an-{name}", check=check) for name, (check, _) in CHECKS.items()))
    frame = prepared()
    assert analysts(run_validate(frame)) == {}
    row = frame.height // 2
    changed = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == row).then(pl.lit(value, frame.schema[name])).otherwise(name).alias(name)
        for name, value in CHECKS[kind][1].items()
    )

    validation = run_validate(changed)

    assert analysts(validation) == {f"an-{kind}": 1}


TOGETHER = [
    make_rule("an-unique", check={"kind": "unique", "columns": ["PARCEL_ID", "SALE_ID_CD"]}),
    make_rule("an-exists", check={"kind": "exists_in", "columns": ["PARCEL_ID"], "dataset": "NAL"}),
    make_rule("an-filled", check={"kind": "filled", "column": "NBRHD_CD", "at_least": 0.9}),
    make_rule("an-count", check={"kind": "row_count", "tolerance": 0.5}),
]


@pytest.mark.parametrize("keys_at_once", [1_000_000, 50])
@pytest.mark.parametrize(
    ("change", "rule", "violations"),
    [
        (lambda frame: pl.concat([frame, frame.head(1)]), "an-unique", 1),
        (lambda frame: frame.with_columns(PARCEL_ID=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("nowhere"))
                                          .otherwise("PARCEL_ID")), "an-exists", 1),
        (lambda frame: frame.with_columns(NBRHD_CD=pl.when(pl.int_range(pl.len()) % 5 > 0).then("NBRHD_CD")),
         "an-filled", 1),
        (lambda frame: frame.head(frame.height // 3), "an-count", 1),
    ],
    ids=["unique", "exists_in", "filled", "row_count"],
)  # fmt: skip
def test_a_fault_of_many_rows_is_found_by_its_rule_alone(folder, monkeypatch, change, rule, violations, keys_at_once):
    monkeypatch.setattr(measuring, "KEYS_AT_ONCE", keys_at_once)
    write_rules(folder, *TOGETHER)
    frame = prepared()
    Release.objects.create(
        release="SDF-73-2024F-01-000000000000", file_type="SDF", county_no=UNION.no, year=2024, stage="F",
        submission=1, rows=frame.height, state="loaded", table="sdf",
    )  # fmt: skip
    parcels = make_dataset(datasets.read(make_processed(file_type="NAL")["dataset"]), "roll")
    assert analysts(run_validate(frame, others={"NAL": parcels})) == {}

    validation = run_validate(change(frame), others={"NAL": parcels})

    assert analysts(validation) == {rule: violations}


def test_a_lookup_works_in_the_parcels_in_a_table_and_is_not_asked_without_either(folder):
    write_rules(folder, TOGETHER[1])
    upload.run(Call(), {"processed": make_processed(file_type="NAL")})
    stray = sales().with_columns(PARCEL_ID=pl.lit("nowhere"))
    parcels = make_dataset(datasets.read(make_processed(file_type="NAL")["dataset"]), "parcels")

    beside = run_validate(stray, parcels=parcels, rules="an-exists")
    in_table = run_validate(stray, others={"NAL": {"table": "nal_current", "where": {"co_no": UNION.no}}}, rules="an-")
    alone = run_validate(stray, rules="an-")

    assert broken(beside) == broken(in_table) == {"an-exists": stray.height}
    assert alone["not_asked"] == ["an-exists"]
    assert alone["rules"] == []


def test_a_finding_says_where_its_rule_comes_from_and_shows_no_name(folder):
    write_rules(folder, make_rule("own-rule", check={"kind": "in_list", "column": "OWN_NAME", "values": ["x"]}))
    kept, _ = stored.keep(as_yaml(make_rule("kept-rule", severity="info", key=["OWN_NAME"])), who="ann")
    stored.record_trial(kept, who="ann", note="")
    stored.switch_on(kept, who="ann")
    frame = sales().with_columns(OWN_NAME=pl.lit("A PERSON"), SALE_PRC=pl.lit(None, pl.Int64))

    validation = run_validate(frame)

    own, added = finding(validation, "own-rule"), finding(validation, "kept-rule")
    assert own["source"] == "file sales.yaml"
    assert len(own["version"]) == 12
    assert own["examples"][0]["OWN_NAME"] == "(8 characters)"
    assert (added["source"], added["version"], added["severity"]) == ("admin", "1", "info")
    assert added["examples"][0] == {"OWN_NAME": "(8 characters)", "SALE_PRC": None}
    assert finding(validation, "sdf.unique")["source"] == "built-in"
    assert (validation["broken"], validation["infos"]) == (["own-rule"], 1)


def test_any_dataset_can_have_rules(folder):
    write_rules(
        folder, make_rule("amount-known", dataset="invoices", check={"kind": "required", "columns": ["amount"]})
    )
    frame = pl.DataFrame({"Amount": [1.5, None]})

    validation = run_validate(frame, "invoices")

    assert broken(validation) == {"amount-known": 1}
    assert broken(run_validate(frame.rename({"Amount": "amount"}), "invoices")) == {"amount-known": 1}


def test_a_dataset_without_rules_and_a_roll_without_its_county_are_refused(folder):
    frame = pl.DataFrame({"a": [1]})

    with pytest.raises(InvalidParameters, match="file_type: there are no rules for 'invoices'"):
        run_validate(frame, "invoices")
    with pytest.raises(InvalidParameters, match="rule_set: there are no rules for 'mine'"):
        run_validate(sales(), rule_set="mine")
    with pytest.raises(InvalidParameters, match="county_no: a roll of type SDF needs it"):
        validate.run(Call(), {"dataset": make_dataset(frame, "a"), "file_type": "SDF"})


def test_a_rule_set_of_another_name_is_asked_too(folder):
    write_rules(
        folder, make_rule("strict-price", dataset="strict", check={"kind": "range", "column": "SALE_PRC", "least": 1e9})
    )

    assert finding(run_validate(sales(), rule_set="strict"), "strict-price")["violations"] > 0
    assert "strict-price" not in broken(run_validate(sales()))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": "A Name"}, "rule A Name, name: "),
        ({"severity": "fatal"}, "rule price-known, severity: "),
        ({"check": {"kind": "sql", "columns": ["a"]}}, "rule price-known, check: "),
        ({"check": {"kind": "required", "columns": []}}, "rule price-known, check.columns: "),
        ({"check": {"kind": "required", "columns": ["A"], "sql": "1"}}, "rule price-known, check.sql: "),
        ({"check": {"kind": "range", "column": "A"}}, "rule price-known, check: least, most: give at least one"),
        ({"check": {"kind": "in_list", "column": "A", "values": [True]}}, "rule price-known, check.values.0: "),
        ({"check": {"kind": "pattern", "column": "A", "pattern": r"(a)\1"}}, "rule price-known, check.pattern: "),
        ({"tests": [{"keeps": [{"SALE_PRC": None}]}]}, "rule price-known, tests.0: keeps: the rule finds"),
        ({"tests": [{"breaks": [{"SALE_PRC": None}, {"SALE_PRC": 1}]}]}, "tests.0: breaks: the rule does not find"),
        ({"check": {"kind": "required", "columns": ["SALE_PRICE"]}}, "check.columns.0: the data have no column"),
        ({"check": {"kind": "range", "column": "PARCEL_ID", "least": 1}}, "check.column: the column PARCEL_ID"),
        ({"name": "sdf.unique"}, "rule sdf.unique, name: a rule of this name is there already (built-in)"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_rule_and_field_and_the_others_are_asked(folder, fields, where):
    write_rules(folder, make_rule(**fields), make_rule("sound"))

    validation = run_validate(sales())

    mistakes = finding(validation, "rule-sets.usable")
    said = ["{file}, rule {rule}, {field}: {problem}".format(**one) for one in mistakes["examples"]]
    assert mistakes["violations"] == 1
    assert where in said[0]
    assert "sales.yaml" in said[0]
    assert validation["broken"] == ["rule-sets.usable"]
    assert finding(validation, "sound")["violations"] == 0


def test_two_rules_of_one_name_are_both_barred_and_another_datasets_mistakes_do_not_matter(folder):
    write_rules(folder, make_rule("twice"), name="a.yaml")
    write_rules(folder, make_rule("twice"), make_rule("bad", dataset="NAL", severity="none"), name="b.yaml")

    validation = run_validate(sales())

    [mistake] = finding(validation, "rule-sets.usable")["examples"]
    assert mistake["problem"] == "a rule of this name is there already (file a.yaml)"
    assert "twice" not in [found["rule"] for found in validation["rules"]]


def with_pattern(pattern):
    """A file with a rule of this pattern."""
    return as_yaml({"rules": [make_rule(check={"kind": "pattern", "column": "A", "pattern": pattern})]})


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "an alias bomb": (BOMB, "anchors and aliases"),
    "a Python tag": ("rules: !!python/object/apply:os.system ['touch /tmp/owned']", "tags such as"),
    "a long text": ("rules: '" + "x" * 90_000 + "'", "longer than 2,000"),
    "a megabyte": ("rules: '" + "x" * 1_000_000 + "'", "larger than 100,000 bytes"),
    "deep nesting": ("rules: " + "[" * 50_000, "nested more than 12 deep"),
    "many fields": ("{" * 9 + "a" + "}" * 9, "no YAML|name is a word"),
    "a name twice": ("rules: []\nrules: []", "comes twice"),
    "a code without quotes": ("rules: [{values: [01]}]", "01 would lose its zeros"),
    "an endless number": ("rules: " + "9" * 1_900, "no YAML|expected a list"),
    "bytes": ("rules: [\0]", "no YAML"),
    "a size bomb": (with_pattern("(((a{99}){99}){99}){99}"), "pattern: it cannot be used"),
    "look-around": (with_pattern("(?=(a+)+)b"), "pattern: it cannot be used"),
}  # fmt: skip


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_file_is_refused_at_once(folder, attack):
    text, reason = HOSTILE[attack]
    folder.mkdir()
    (folder / "hostile.yaml").write_text(text)
    began = time.monotonic()

    validation = run_validate(sales())

    assert time.monotonic() - began < 5
    [mistake] = finding(validation, "rule-sets.usable")["examples"]
    assert re.search(reason, mistake["problem"])
    assert (mistake["file"], validation["broken"]) == ("hostile.yaml", ["rule-sets.usable"])


def test_a_pattern_that_would_take_other_engines_for_ever_takes_a_moment(folder):
    check = {"kind": "pattern", "column": "LONG", "pattern": "(a+)+"}
    write_rules(folder, make_rule("no-backtracking", check=check))
    frame = sales().with_columns(LONG=pl.lit("a" * 5_000 + "!"))
    began = time.monotonic()

    validation = run_validate(frame)

    assert time.monotonic() - began < 10
    assert finding(validation, "no-backtracking")["violations"] == frame.height


def test_tests_can_say_what_rows_are_compared_with():
    lookup = {"kind": "exists_in", "columns": ["PARCEL_ID"], "dataset": "NAL"}
    rules = [
        make_rule(check=lookup, tests=[
            {"keeps": [{"PARCEL_ID": "1"}], "others": {"NAL": [{"PARCEL_ID": "1"}]}},
            {"breaks": [{"PARCEL_ID": "2"}], "others": {"NAL": [{"PARCEL_ID": "1"}]}},
        ]),
        make_rule(check={"kind": "row_count", "tolerance": 0.1}, tests=[
            {"keeps": [{"A": 1}], "last_rows": 1},
            {"breaks": [{"A": 1}], "last_rows": 2},
        ]),
        make_rule(check={"kind": "fill_baseline"}, tests=[
            {"keeps": [{"A": 1}, {"A": 2}], "baseline": {"A": 1.0}},
            {"breaks": [{"A": 1, "B": 1}, {"A": 1, "B": None}] * 20, "baseline": {"B": 1.0}},
        ]),
    ]  # fmt: skip

    for rule in rules:
        assert stored.failures(reading.one_rule(as_yaml(rule)), "text") == []
    unable = make_rule(check=lookup, tests=[{"breaks": [{"PARCEL_ID": "2"}]}])
    [mistake] = stored.failures(reading.one_rule(as_yaml(unable)), "text")
    assert mistake.problem.startswith("there is nothing to compare with")


def test_a_rule_that_is_not_enabled_is_not_asked(folder):
    write_rules(folder, make_rule("resting", enabled=False))

    assert "resting" not in [found["rule"] for found in run_validate(sales())["rules"]]


def test_the_same_words_are_the_same_version_and_other_words_are_another():
    first, is_new = stored.keep(as_yaml(make_rule()), who="ann")
    again, is_new_again = stored.keep("# a remark\n" + as_yaml(make_rule()), who="bob")
    other, _ = stored.keep(as_yaml(make_rule(level=1)), who="bob")

    assert (is_new, is_new_again, again, other.version) == (True, False, first, 2)
    with pytest.raises(Unusable, match="a built-in rule has this name"):
        stored.keep(as_yaml(make_rule("sdf.unique")), who="ann")


def test_the_files_can_be_checked_by_a_command(folder):
    write_rules(folder, make_rule("sound"))
    said = StringIO()
    call_command("check_rules", stdout=said)
    assert "1 rules" in said.getvalue()

    write_rules(folder, make_rule("unsound", level=9))
    with pytest.raises(CommandError, match="1 mistakes"):
        call_command("check_rules", stderr=said)
    assert "sales.yaml, rule unsound, level: " in said.getvalue()
