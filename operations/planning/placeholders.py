"""Parameters by name: a model plans with ``$counties``, and the values are put in afterwards.

So it never sees values that it does not need, none of what clients send can pass for an instruction, and a plan made
for one county fits another.
"""

import re
from collections.abc import Collection
from typing import Any

from operations.evidence import REFERENCE

Json = dict[str, Any]

PLACEHOLDER = re.compile(r"\$([A-Za-z_]\w*)")


def shown(given: Json, taken: Collection[str]) -> Json:
    """``given`` as a model sees it: what an action takes (``taken``) by its name alone.

    What no action takes can only be about the plan itself, and is shown as it is.
    """
    return {name: f"${name}" if name in taken else value for name, value in given.items()}


def fill(value: Any, given: Json) -> Any:
    """``value`` with each text that is a placeholder replaced by the parameter. Raises `KeyError` for an unknown one.

    A text that came from a client never becomes a reference to a step.
    """
    if isinstance(value, str):
        placeholder = PLACEHOLDER.fullmatch(value)
        return _quoted(given[placeholder[1]]) if placeholder else value
    if isinstance(value, dict):
        return {name: fill(part, given) for name, part in value.items()}
    return [fill(part, given) for part in value] if isinstance(value, list) else value


def unknown(value: Any, given: Json) -> list[str]:
    """The placeholders in ``value`` that stand for nothing."""
    if isinstance(value, str):
        placeholder = PLACEHOLDER.fullmatch(value)
        return [placeholder[0]] if placeholder and placeholder[1] not in given else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [name for part in parts for name in unknown(part, given)]


def abstract(arguments: Json, given: Json) -> Json:
    """``arguments`` with the values of parameters of the same name replaced by their placeholders."""
    return {name: f"${name}" if name in given and value == given[name] else value for name, value in arguments.items()}


def _quoted(value: Any) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: f"#{match[0]}", value)
    if isinstance(value, dict):
        return {name: _quoted(part) for name, part in value.items()}
    return [_quoted(part) for part in value] if isinstance(value, list) else value
