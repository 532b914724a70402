"""The README's commands, as it has them."""

import re
from dataclasses import dataclass

from django.conf import settings

README = settings.BASE_DIR / "README.md"
_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPECTED = "# → "


@dataclass(frozen=True)
class Command:
    """Lines of shell, and what is to be found in what they print; empty where nothing is promised."""

    lines: str
    expected: str


def blocks(language: str) -> list[str]:
    """The fenced texts of this language, which is all that stands behind the fence, such as `sh tour`."""
    return [text for name, text in _FENCED.findall(README.read_text()) if name == language]


def languages() -> set[str]:
    return {name for name, _ in _FENCED.findall(README.read_text())}


def commands(language: str) -> list[Command]:
    """The blocks cut after each line that tells what is printed."""
    found: list[Command] = []
    lines: list[str] = []
    for line in "\n".join(blocks(language)).splitlines():
        if line.startswith(_EXPECTED):
            found.append(Command("\n".join(lines), line.removeprefix(_EXPECTED)))
            lines = []
        else:
            lines.append(line)
    return [*found, Command("\n".join(lines), "")]


def spans(beginning: str) -> list[str]:
    """What stands between backticks in the running text, or in a fenced block's line, and begins so."""
    text = README.read_text()
    shells = [line for name, block in _FENCED.findall(text) if name.startswith("sh") for line in block.splitlines()]
    prose = re.findall(r"`([^`]+)`", _FENCED.sub("", text))
    return sorted({span for span in map(_one_line, [*prose, *shells]) if span.startswith(beginning)})


def _one_line(text: str) -> str:
    return " ".join(text.partition("#")[0].removeprefix(".venv/bin/python ").split())
