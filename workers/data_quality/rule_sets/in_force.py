"""The rules that are in force for a dataset, wherever they are written, made to fit its columns."""

from collections.abc import Iterator, Mapping

import polars as pl

from workers.data_quality.rule_sets import files, stored
from workers.data_quality.rule_sets.building import build
from workers.data_quality.rule_sets.files import Written
from workers.data_quality.rule_sets.mistakes import Mistake, Unfit
from workers.data_quality.rules import IDS
from workers.data_quality.rules.rule import Rule
from workers.warehouse.reach import reachable


def written(datasets: set[str]) -> tuple[list[Written], list[Mistake]]:
    """The rules for these datasets, and the mistakes that concern them or nobody can say whom."""
    with reachable():
        kept, kept_mistakes = stored.in_force(datasets)
    filed, filed_mistakes = files.rules()
    mine = [one for one in filed if one.rule.dataset in datasets]
    mistakes = [one for one in filed_mistakes if one.dataset in datasets or not one.dataset]
    found = [*mine, *kept]
    clashes = list(_clashes(found))
    barred = {clash.rule for clash in clashes}
    return [one for one in found if one.rule.name not in barred], [*mistakes, *kept_mistakes, *clashes]


def checked_files() -> tuple[list[Written], list[Mistake]]:
    """The rules in the files, whatever they are for, and every mistake in them."""
    found, mistakes = files.rules()
    return found, [*mistakes, *_clashes(found)]


def fitted(
    found: list[Written], schema: pl.Schema, others: Mapping[str, pl.LazyFrame]
) -> tuple[list[Rule], list[Mistake]]:
    """The rules made for data with these columns, and the mistakes in those that do not fit them."""
    rules, mistakes = [], []
    for rule, source, version in found:
        try:
            rules.append(build(rule, schema, others, source=source, version=version))
        except Unfit as error:
            mistakes.append(Mistake(source, rule.name, error.field, error.problem, rule.dataset))
    return rules, mistakes


def _clashes(found: list[Written]) -> Iterator[Mistake]:
    """A name must mean one rule: otherwise nobody could tell which of them a finding is of."""
    seen: dict[str, str] = dict.fromkeys(IDS, "built-in")
    for rule, source, _ in found:
        if rule.name in seen:
            yield Mistake(
                source, rule.name, "name", f"a rule of this name is there already ({seen[rule.name]})", rule.dataset
            )
        seen.setdefault(rule.name, source)
