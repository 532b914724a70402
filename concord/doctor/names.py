"""Variables that look like settings and are none: misspelt, or of another time."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from django.conf import settings

from concord import env
from concord.doctor.finding import Finding, error, ok, warning

# Read before the settings, or by other programs under a name that resembles one of ours.
OTHERS = frozenset({"DJANGO_SETTINGS_MODULE", "TEST_DATABASE", "DOTENV"})
NEAR = 0.84  # of 1: so alike that one is likely to be meant for the other
FAMILIES = ("CONCORD_", "FLORIDA_", "SUNBIZ_", "TOKEN_BUDGET_", "OPENAI_BASE", "OPENAI_MODEL", "ENABLE_")


def check() -> Iterator[Finding]:
    """Look at every name in `.env`, and at those in the environment that resemble settings."""
    path = Path(env.text("DOTENV", str(settings.BASE_DIR / ".env")))
    given = [name for name, _ in env.lines(path)]
    found = [*_twice(given, path), *_unknown(given, path), *_stray(set(os.environ) - set(given))]
    yield from found or [ok("settings", f"every variable is known; {len(env.asked)} may be set")]


def _twice(given: list[str], path: Path) -> Iterator[Finding]:
    for name, times in Counter(given).items():
        if times > 1:
            yield warning("settings", f"{name} is set {times} times in {path}: the first counts", "remove the others")


def _unknown(given: Iterable[str], path: Path) -> Iterator[Finding]:
    for name in sorted({name for name in given if not _known(name)}):
        yield error("settings", f"{name} in {path} is no setting", _remedy(name))


def _stray(names: Iterable[str]) -> Iterator[Finding]:
    for name in sorted(name for name in names if not _known(name)):
        if name.startswith(FAMILIES) or _nearest(name):
            yield warning("settings", f"{name} in the environment is no setting", _remedy(name))


def _known(name: str) -> bool:
    if name in OTHERS or name.startswith("OTEL_"):  # OpenTelemetry's own, which has some hundred
        return True
    return name in env.asked or name.removesuffix("_FILE") in env.asked


def _nearest(name: str) -> str:
    return next(iter(get_close_matches(name, sorted(env.asked), 1, NEAR)), "")


def _remedy(name: str) -> str:
    near = _nearest(name)
    return f"did you mean {near}?" if near else "remove it; the README has a table of all settings"
