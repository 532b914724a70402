"""store_rules: keep a learned rule with its origin, version and tests, or go back to an earlier version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from django.db import IntegrityError, transaction
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.ai_ml import rules as learned
from workers.ai_ml.codes import MEANINGS
from workers.ai_ml.rules import Assignment, Condition, Example, Name
from workers.contract import Call, InvalidParameters, TryLater, action
from workers.warehouse import ALIAS
from workers.warehouse.reach import reachable
from workers.warehouse.rules import LearnedRule

Json = dict[str, Any]


class Rule(TypedDict):
    """A rule to keep: when all conditions hold of a row, the column gets the value."""

    name: Name
    origin: Annotated[str, Field(min_length=3, max_length=500, description="where it was learned")]
    when: Annotated[list[Condition], Field(min_length=1, max_length=20)]
    sets: Assignment
    tests: Annotated[list[Example], Field(min_length=2, max_length=100)]


class Kept(TypedDict):
    """What became of a rule. ``version`` is the one in force now, null if none is; ``before``: the one that was."""

    name: str
    version: int | None
    before: int | None
    is_new: bool
    changed: bool
    words: str


class Rulebook(TypedDict):
    """What became of each rule, and how many rules are in force now."""

    rules: list[Kept]
    changed: int
    in_force: int
    dry_run: bool


@action(expected_seconds=1)
def store_rules(
    call: Call,
    rules: Annotated[list[Rule], Field(max_length=100, description="rules to keep and put in force")] = [],  # noqa: B006
    restore: Annotated[
        dict[Name, Annotated[int, Field(ge=0)]],
        Field(description="the way back: for a rule's name the version to put in force again, 0 for none"),
    ] = {},  # noqa: B006
    dry_run: Annotated[bool, Field(description="only check the rules and say what would change")] = False,
) -> Rulebook:
    """Keep learned rules, each once it passes its own tests, and put them in force: all of them or none.

    A rule with the content of an earlier version is that version again, so a repeated call changes nothing. Every
    rule needs a test to which it applies and one to which it does not.
    """
    _check(rules, restore)
    call.check()
    with reachable():
        try:
            with transaction.atomic(using=ALIAS):
                kept = [_keep(rule) for rule in rules]
                kept += [_restore(name, version) for name, version in restore.items()]
                in_force = LearnedRule.objects.filter(active=True).count()
                transaction.set_rollback(dry_run, using=ALIAS)
        except IntegrityError as error:
            raise TryLater("another call is changing the same rule") from error
    return {"rules": kept, "changed": sum(one["changed"] for one in kept), "in_force": in_force, "dry_run": dry_run}


def in_force(field: str) -> list[LearnedRule]:
    """The rules in force that give ``field`` a value, by name."""
    with reachable():
        return [rule for rule in LearnedRule.objects.filter(active=True) if rule.content["sets"]["field"] == field]


def _check(rules: Sequence[Rule], restore: Mapping[str, int]) -> None:
    names = [rule["name"] for rule in rules] + list(restore)
    if not names:
        raise InvalidParameters("rules: give a rule to keep, or name one in restore", field="rules")
    for index, rule in enumerate(rules):
        if names.count(rule["name"]) > 1:
            raise InvalidParameters(f"rules.{index}.name: {rule['name']!r} comes twice", field=f"rules.{index}.name")
        _check_rule(rule, f"rules.{index}")


def _check_rule(rule: Rule, field: str) -> None:
    for index, condition in enumerate(rule["when"]):
        if problem := learned.problem(condition):
            where = f"{field}.when.{index}.value"
            raise InvalidParameters(f"{where}: {problem}", field=where)
    assigned = rule["sets"]
    if assigned["field"] == "dor_uc" and assigned["value"] not in MEANINGS:
        where = f"{field}.sets.value"
        raise InvalidParameters(f"{where}: {assigned['value']!r} is no use code; they are 000 to 099", field=where)
    if {test["applies"] for test in rule["tests"]} != {True, False}:
        where = f"{field}.tests"
        raise InvalidParameters(f"{where}: give a row to which the rule applies and one to which not", field=where)
    if failed := learned.failures(rule["when"], rule["tests"]):
        where = f"{field}.tests.{failed[0]}"
        said = "does not apply" if rule["tests"][failed[0]]["applies"] else "applies"
        raise InvalidParameters(f"{where}: the rule {rule['name']} {said} to this row", field=where)


def _keep(rule: Rule) -> Kept:
    """Put the rule in force, as a new version unless there is one with this content."""
    content = {"when": rule["when"], "sets": rule["sets"], "tests": rule["tests"]}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    versions = LearnedRule.objects.filter(name=rule["name"])
    found = versions.filter(digest=digest).first()
    if found:
        return _put_in_force(rule["name"], found)
    newest = versions.last()
    number = newest.version + 1 if newest else 1
    made = LearnedRule.objects.create(
        name=rule["name"], version=number, content=content, digest=digest, origin=rule["origin"]
    )
    return _put_in_force(rule["name"], made) | {"is_new": True}


def _restore(name: str, version: int) -> Kept:
    versions = LearnedRule.objects.filter(name=name)
    if version == 0 and versions.exists():
        return _put_in_force(name, None)
    found = versions.filter(version=version).first()
    if found is None:
        there = ", ".join(str(rule.version) for rule in versions) or "none"
        field = f"restore.{name}"
        raise InvalidParameters(f"{field}: there is no version {version}; there are {there}", field=field)
    return _put_in_force(name, found)


def _put_in_force(name: str, rule: LearnedRule | None) -> Kept:
    active = LearnedRule.objects.filter(name=name, active=True)
    was = active.first()
    if was != rule:
        active.update(active=False)
        if rule:
            LearnedRule.objects.filter(pk=rule.pk).update(active=True)
    before, version = (one.version if one else None for one in (was, rule))
    return {
        "name": name,
        "version": version,
        "before": before,
        "is_new": False,
        "changed": was != rule,
        "words": _words(name, before, version),
    }


def _words(name: str, before: int | None, version: int | None) -> str:
    if before == version:
        return f"{name}: version {version} was in force already." if version else f"{name}: no version was in force."
    now = f"version {version} is in force" if version else "no version is in force"
    return f"{name}: {now}; before, {f'version {before}' if before else 'none'} was."
