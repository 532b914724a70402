"""The rules in the folder `RULES_DIR`: those that can be used, and every mistake in the others."""

import hashlib
import json
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from workers.data_quality.rule_sets import reading
from workers.data_quality.rule_sets.mistakes import Mistake
from workers.data_quality.rule_sets.testing import failures
from workers.data_quality.rule_sets.vocabulary import RuleText

MAX_FILES = 200


class Written(NamedTuple):
    """A rule with where it stands and its version."""

    rule: RuleText
    source: str
    version: str


def digest(rule: RuleText) -> str:
    """The digest of what a rule says: of equal rules it is the same."""
    return hashlib.sha256(json.dumps(rule.content(), sort_keys=True).encode()).hexdigest()


def rules() -> tuple[list[Written], list[Mistake]]:
    """The rules of all YAML files of the folder that are enabled and pass their own tests, and all mistakes."""
    found: list[Written] = []
    mistakes: list[Mistake] = []
    paths = sorted(path for path in _folder().glob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    if len(paths) > MAX_FILES:
        mistakes.append(Mistake(_folder().name, "", "", f"there are more than {MAX_FILES} files of rules: merge some"))
    for path in paths[:MAX_FILES]:
        try:
            usable, wrong = _checked(_text(path), path.name)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            usable, wrong = (), (Mistake(path.name, "", "", f"it cannot be read: {reason}"),)
        found += usable
        mistakes += wrong
    return found, mistakes


@lru_cache(maxsize=MAX_FILES)
def _checked(text: str, name: str) -> tuple[tuple[Written, ...], tuple[Mistake, ...]]:
    """A file's rules that are enabled and pass their tests, and its mistakes. Kept: checking takes long."""
    readable, mistakes = reading.rules(text, name)
    failed = [(rule, failures(rule, name)) for rule in readable if rule.enabled]
    usable = (Written(rule, f"file {name}", digest(rule)[:12]) for rule, wrong in failed if not wrong)
    return tuple(usable), (*mistakes, *chain.from_iterable(wrong for _, wrong in failed))


def _folder() -> Path:
    return Path(settings.RULES_DIR)


def _text(path: Path) -> str:
    """At most one byte more than is allowed is read, so that a file of any size costs the same."""
    with path.open("rb") as file:
        return file.read(reading.MAX_BYTES + 1).decode()
