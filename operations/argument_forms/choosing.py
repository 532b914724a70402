"""Which kind of field a value gets."""

from typing import Any

from operations.argument_forms.kinds import Kind
from operations.argument_forms.nodes import item_types, item_words

Json = dict[str, Any]
LONG = 80  # characters of a text that stands in one line


def kind_of(branch: Json, definitions: Json, value: Any) -> Kind:
    """The kind for an alternative of a schema; of a text also the ``value`` counts."""
    if isinstance(options := branch.get("enum"), list):
        return Kind("option", options)
    if "const" in branch:
        return Kind("option", [branch["const"]])
    match branch.get("type"):
        case "boolean":
            return Kind("option", [True, False])
        case "integer":
            return Kind("integer")
        case "number":
            return Kind("number")
        case "string":
            return _text_kind(branch, value)
        case "array":
            return _list_kind(branch, definitions)
    return Kind("json")


def _text_kind(branch: Json, value: Any) -> Kind:
    if branch.get("format") == "date":
        return Kind("date")
    is_long = branch.get("maxLength", 0) > 200 or (isinstance(value, str) and ("\n" in value or len(value) > LONG))
    return Kind("long" if is_long else "text")


def _list_kind(branch: Json, definitions: Json) -> Kind:
    if words := item_words(branch, definitions):
        return Kind("ticks", words)
    types = item_types(branch, definitions)
    return Kind("lines", types=frozenset(types)) if types else Kind("json")
