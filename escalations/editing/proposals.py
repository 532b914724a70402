"""Values that the error of a step proposes for its arguments."""

import re
from typing import Any

from operations.argument_forms.spelling import Unreadable, read_json

# As workers write it at the end of an error: "… Run it again with the argument mapping: {…}."
PROPOSAL = re.compile(r"the argument (\w+): (\{.*\}|\[.*\])\.?\s*\Z", re.DOTALL)


def proposed(error: str) -> dict[str, Any]:
    """The argument that ``error`` proposes, with its value; empty where it proposes none."""
    found = PROPOSAL.search(error)
    if not found:
        return {}
    try:
        return {found[1]: read_json(found[2])}
    except Unreadable:
        return {}
