"""The rules that people keep in the admin: another text is another version, and only a tried one is switched on."""

from django.db import transaction

from workers.data_quality.rule_sets import reading
from workers.data_quality.rule_sets.files import Written, digest
from workers.data_quality.rule_sets.mistakes import Mistake, Unusable
from workers.data_quality.rule_sets.testing import failures
from workers.data_quality.rule_sets.vocabulary import RuleText
from workers.data_quality.rules import IDS
from workers.warehouse import ALIAS
from workers.warehouse.quality_rules import QualityRule, QualityRuleAct

ADMIN = "admin"
Kind = QualityRuleAct.Kind


class NotYet(Exception):
    """The version cannot be switched on: its own tests fail, or nobody has seen what it finds."""


def keep(text: str, *, who: str) -> tuple[QualityRule, bool]:
    """The version with what the text says, and whether it is new. Raises `Unusable` with every mistake.

    It is not switched on by this, and what is in force stays so.
    """
    rule = reading.one_rule(text)
    check_name(rule)
    with transaction.atomic(using=ALIAS):
        versions = QualityRule.objects.filter(dataset=rule.dataset, name=rule.name)
        if found := versions.filter(digest=digest(rule)).first():
            return found, False
        newest = versions.order_by("-version").first()
        made = QualityRule.objects.create(
            dataset=rule.dataset,
            name=rule.name,
            version=newest.version + 1 if newest else 1,
            severity=rule.severity,
            text=text,
            digest=digest(rule),
            created_by=who,
        )
    return made, True


def check_name(rule: RuleText) -> None:
    """Raise `Unusable` if a built-in rule has the name."""
    if rule.name in IDS:
        raise Unusable([Mistake("the rule", rule.name, "name", "a built-in rule has this name: take another")])


def record_trial(kept: QualityRule, *, who: str, note: str) -> None:
    """Remember that a person saw what this version finds in a sample."""
    kept.acts.create(kind=Kind.TRIED, who=who, note=note[:300])


def switch_on(kept: QualityRule, *, who: str) -> None:
    """Put this version in force instead of any other of its name. Raises `NotYet` with what is missing."""
    if failed := failures(reading.one_rule(kept.text), ADMIN):
        raise NotYet(f"It fails its own tests: {'; '.join(map(str, failed))}")
    if not kept.acts.filter(kind=Kind.TRIED).exists():
        raise NotYet("Try it on a sample first.")
    with transaction.atomic(using=ALIAS):
        others = QualityRule.objects.filter(dataset=kept.dataset, name=kept.name).exclude(pk=kept.pk)
        for other in others.filter(active=True):
            switch_off(other, who=who)
        if QualityRule.objects.filter(pk=kept.pk, active=False).update(active=True):
            kept.acts.create(kind=Kind.ON, who=who)


def switch_off(kept: QualityRule, *, who: str) -> None:
    """Put the version out of force; it is kept. A second time changes nothing."""
    with transaction.atomic(using=ALIAS):
        if QualityRule.objects.filter(pk=kept.pk, active=True).update(active=False):
            kept.acts.create(kind=Kind.OFF, who=who)


def in_force(datasets: set[str]) -> tuple[list[Written], list[Mistake]]:
    """The rules of these datasets that are switched on, and the mistakes in those that cannot be used any more."""
    found, mistakes = [], []
    for kept in QualityRule.objects.filter(active=True, dataset__in=datasets):
        try:
            found.append(Written(reading.one_rule(kept.text, ADMIN), ADMIN, str(kept.version)))
        except Unusable as error:  # kept by an earlier Concord, which knew other words
            mistakes += [mistake._replace(rule=kept.name, dataset=kept.dataset) for mistake in error.mistakes]
    return found, mistakes
