"""The rules of each type of roll, as data. They come from the sentences of the state's guide of 2025.

The state publishes no list of its own edits, but their levels: 1 and 2 are for review, 3 is high priority, 4 must be
corrected before a roll is accepted. A rule that real rolls hold to the last row is an error when it is broken; one
that real rolls break, or that nobody could measure, is a warning.
"""

from workers.data_quality.rules import nal, nap, nav, sdf
from workers.data_quality.rules.rule import Rule

RULES: dict[str, list[Rule]] = {
    "NAL": nal.RULES,
    "SDF": sdf.RULES,
    "NAP": nap.RULES,
    "NAVN": nav.RULES_N,
    "NAVD": nav.RULES_D,
}
KEYS: dict[str, tuple[str, ...]] = {
    "NAL": nal.KEY,
    "SDF": sdf.KEY,
    "NAP": nap.KEY,
    "NAVN": nav.KEY_N,
    "NAVD": nav.KEY_D,
}
IDS = frozenset(rule.id for rules in RULES.values() for rule in rules)
