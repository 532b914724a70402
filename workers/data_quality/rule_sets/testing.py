"""Tries a rule on the rows that it carries as its own tests."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from workers.data_quality.rule_sets.building import build
from workers.data_quality.rule_sets.mistakes import Mistake, Unfit
from workers.data_quality.rule_sets.vocabulary import RuleText, Test
from workers.data_quality.rules.checks import File, LastRelease, RowCheck
from workers.warehouse.fills import Baseline

# The rows of a baseline that a test makes up: so many that chance excuses next to nothing.
MANY = 1_000_000_000


def failures(rule: RuleText, file: str) -> list[Mistake]:
    """The tests that the rule fails, by number, and why."""
    return [
        Mistake(file, rule.name, f"tests.{index}", problem, rule.dataset)
        for index, test in enumerate(rule.tests)
        for problem in _problems(rule, test)
    ]


def _problems(rule: RuleText, test: Test) -> Iterator[str]:
    try:
        outcome = _outcome(rule, test)
    except Unfit as error:
        yield f"the rule does not fit these rows: {error}"
        return
    except pl.exceptions.PolarsError as error:
        yield f"these rows cannot be read: {str(error).splitlines()[0]}"
        return
    if outcome is None:
        yield "there is nothing to compare with: give others, last_rows or baseline"
    elif test.keeps is not None and any(outcome):
        yield f"keeps: the rule finds {_rows(outcome, found=True)}"
    elif test.breaks is not None and not all(outcome):
        yield f"breaks: the rule does not find {_rows(outcome, found=False)}"


def _outcome(rule: RuleText, test: Test) -> list[bool] | None:
    """Whether the rule finds each row; of a rule about them together, only whether it finds any. None: not asked."""
    rows = _frame(test.keeps or test.breaks or [])
    others = {name: _frame(given).lazy() for name, given in test.others.items()}
    made = build(rule, rows.schema, others)
    file = File(rows.lazy(), None, _last(test), _baseline(test), others)
    if not made.check.applies(file) or (rule.check.kind == "fill_baseline" and file.baseline is None):
        return None
    if isinstance(made.check, RowCheck):
        return rows.select(made.check.offends.alias("offends"))["offends"].to_list()
    return [made.check.offenders(file).collect().height > 0]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame(
        [[row.get(name) for name in names] for row in rows], list(names), orient="row", infer_schema_length=None
    )


def _last(test: Test) -> LastRelease | None:
    return LastRelease("the last release", test.last_rows) if test.last_rows else None


def _baseline(test: Test) -> Baseline | None:
    if test.baseline is None:
        return None
    return Baseline(
        "the last release", MANY, {name.lower(): round(MANY * share) for name, share in test.baseline.items()}
    )


def _rows(outcome: list[bool], *, found: bool) -> str:
    if len(outcome) == 1:
        return "them"
    return "row " + ", ".join(str(number) for number, one in enumerate(outcome) if one == found)
