"""Short tables of words for columns and codes."""

from collections.abc import Mapping

Labels = Mapping[str, str]


def labels(text: str) -> dict[str, str]:
    """From lines such as ``jv: just value, $``."""
    return dict(line.strip().split(": ", 1) for line in text.strip().splitlines())
