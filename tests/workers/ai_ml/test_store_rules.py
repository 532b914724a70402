"""store_rules: a rule is kept once it passes its tests, in versions, with a way back."""

from typing import Any

import pytest

from tests.workers.ai_ml.make import RULE, Json, run
from workers.contract import InvalidParameters
from workers.warehouse.rules import LearnedRule

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

NARROWER = RULE | {"when": [{"field": "jv", "op": "at_most", "value": 1}], "tests": [
    {"row": {"jv": 1}, "applies": True}, {"row": {"jv": 2}, "applies": False},
]}  # fmt: skip


def keep(rule: Json) -> Json:
    [kept] = run("store_rules", rules=[rule])["rules"]
    return kept


def active() -> list[tuple[str, int]]:
    return list(LearnedRule.objects.filter(active=True).values_list("name", "version"))


def test_a_rule_is_kept_with_its_origin_and_tests() -> None:
    kept = keep(RULE)

    assert (kept["version"], kept["before"], kept["is_new"], kept["changed"]) == (1, None, True, True)
    rule = LearnedRule.objects.get()
    assert (rule.origin, rule.active) == (RULE["origin"], True)
    assert rule.content == {name: RULE[name] for name in ("when", "sets", "tests")}


def test_the_same_rule_again_changes_nothing() -> None:
    keep(RULE)

    again = keep(RULE)

    assert (again["version"], again["is_new"], again["changed"]) == (1, False, False)
    assert LearnedRule.objects.count() == 1


def test_another_content_is_another_version_and_there_is_a_way_back() -> None:
    keep(RULE)
    assert keep(NARROWER)["version"] == 2
    assert active() == [(RULE["name"], 2)]

    [back] = run("store_rules", restore={RULE["name"]: 1})["rules"]
    assert (back["version"], back["before"]) == (1, 2)
    assert active() == [(RULE["name"], 1)]

    [none] = run("store_rules", restore={RULE["name"]: 0})["rules"]
    assert (none["version"], none["words"]) == (
        None,
        "one_dollar_common_area: no version is in force; before, version 1 was.",
    )
    assert active() == []
    assert LearnedRule.objects.count() == 2


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    told = run("store_rules", rules=[RULE], dry_run=True)

    assert (told["changed"], told["in_force"]) == (1, 1)
    assert not LearnedRule.objects.exists()


def test_of_several_rules_all_are_kept_or_none() -> None:
    with pytest.raises(InvalidParameters, match="there is no version 7; there are none"):
        run("store_rules", rules=[RULE], restore={"other": 7})

    assert not LearnedRule.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"tests": RULE["tests"][:1] * 2}, "rules.0.tests", "one to which not"),
        (
            {"tests": [*RULE["tests"], {"row": {"jv": 5_000}, "applies": True}]},
            "rules.0.tests.2",
            "does not apply to this row",
        ),
        ({"sets": {"field": "dor_uc", "value": "100"}}, "rules.0.sets.value", "'100' is no use code"),
        (
            {"when": [{"field": "jv", "op": "at_most", "value": "many"}]},
            "rules.0.when.0.value",
            "at_most takes a number",
        ),
        ({"when": [{"field": "jv; --", "op": "is_blank", "value": None}]}, "rules.0.when.0.field", "pattern"),
        ({"when": [{"field": "jv", "op": "exec", "value": "1"}]}, "rules.0.when.0.op", "'equals'"),
        ({"when": []}, "rules.0.when", "at least 1"),
    ],
)
def test_a_rule_that_is_not_sound_is_refused_with_the_field(change: Json, field: str, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words) as refusal:
        run("store_rules", rules=[RULE | change])

    assert refusal.value.field == field
    assert not LearnedRule.objects.exists()


@pytest.mark.parametrize(
    ("op", "value", "fits", "misses"),
    [
        ("equals", "082", "082", "82"),
        ("in", ["A", "B"], "B", "C"),
        ("starts_with", "4741", "474119030010", "484119030010"),
        ("at_least", 5, 5, 4.9),
        ("at_most", 5, 5, 5.1),
        ("is_blank", None, "  ", "x"),
    ],
)
def test_each_operator_does_what_it_says(op: str, value: Any, fits: Any, misses: Any) -> None:
    condition = {"field": "column", "op": op, "value": value}
    tests = [{"row": {"column": fits}, "applies": True}, {"row": {"column": misses}, "applies": False}]

    assert keep(RULE | {"when": [condition], "tests": tests})["changed"]
    if op != "is_blank":
        blank = [*tests, {"row": {}, "applies": False}]
        assert keep(RULE | {"name": "blank", "when": [condition], "tests": blank})["changed"]
