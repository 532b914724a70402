"""The README's table has every setting that there is, and no other; `.env.example` names no other either."""

import re

from django.conf import settings

from concord import env

ROOT = settings.BASE_DIR


def told() -> list[str]:
    """The names in the first column of the table of settings."""
    section = (ROOT / "README.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in rows for name in re.findall(r"`([A-Z_]+)`", cell)]


def test_every_setting_is_in_the_table_and_nothing_else():
    assert sorted(set(told())) == sorted(env.asked)


def test_no_setting_is_there_twice():
    assert sorted(told()) == sorted(set(told()))


def test_the_example_names_only_settings():
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert {name for name in named if not name.startswith("OTEL_")} - env.asked == set()
