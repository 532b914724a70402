"""How a masked value looks: of a name the first letter and about how long it is; of all else nothing."""

from typing import Any

from workers.personal import Kind

DOT = "\N{BULLET}"
LENGTHS = ((10, 3), (25, 5))  # characters at most: dots


def mark(kind: Kind, value: Any) -> str:
    """What stands in the place of ``value``."""
    text = str(value).strip()
    if kind == Kind.RECORD:
        return f"{DOT * 4} ({len(text):,} characters)"
    if kind not in (Kind.NAME, Kind.KEY):
        return DOT * 4
    dots = next((dots for most, dots in LENGTHS if len(text) <= most), 8)
    return f"{text[0] if text[:1].isalpha() else ''}{DOT * dots}"
