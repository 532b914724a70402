"""Where a part of a result can be looked up: `#E2.rows.17`, as `operations.evidence` reads it."""

import re
from collections.abc import Sequence

ADDRESSABLE = re.compile(r"[\w$]+")

Path = tuple[str | int, ...]


def to(reference: str, path: Sequence[str | int]) -> str:
    """The reference to the part at ``path``, or to the nearest around it whose names a reference can say."""
    parts = []
    for part in path:
        if not ADDRESSABLE.fullmatch(str(part)):
            break
        parts.append(str(part))
    return ".".join([reference, *parts])
