"""JSON Schemas for people: their fields as rows, and an example of what fits them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

MOST = 200  # rows
DEEPEST = 3  # levels of objects within objects
MISSING = object()
EXAMPLES: dict[str, Any] = {"string": "…", "integer": 1, "number": 1.0, "boolean": False, "array": [], "object": {}}


@dataclass(frozen=True)
class Row:
    """One field: its path (``file.url``; ``files[].url`` in the elements of a list), what it takes, and what it is."""

    path: str
    kind: str
    required: bool
    default: Any
    about: str

    @property
    def has_default(self) -> bool:
        return self.default is not MISSING


def rows(schema: Any) -> list[Row]:
    """The fields of an object's schema, each followed by its own fields; none of what is not an object's schema."""
    found: list[Row] = []
    for row in _fields(_json(schema), _json(schema), "", 0):
        found.append(row)
        if len(found) == MOST:
            break
    return found


def _fields(schema: Json, whole: Json, above: str, depth: int) -> Iterator[Row]:
    given = _resolved(schema, whole)
    required = given.get("required")
    for name, described in _json(given.get("properties")).items():
        field = _resolved(described, whole)
        path = f"{above}.{name}" if above else str(name)
        needed = isinstance(required, list) and name in required
        default = field.get("default", MISSING)
        yield Row(path, kind(field, whole), needed, default, str(field.get("description") or ""))
        if depth + 1 < DEEPEST:
            yield from _within(field, whole, path, depth + 1)


def _within(field: Json, whole: Json, path: str, depth: int) -> Iterator[Row]:
    """The fields of an object, of a list's objects, or of the one object among several possibilities."""
    items = _resolved(field.get("items"), whole)
    if items.get("properties"):
        yield from _fields(items, whole, f"{path}[]", depth)
        return
    for option in [field, *_options(field, whole)]:
        if option.get("properties"):
            yield from _fields(option, whole, path, depth)
            return


def kind(schema: Any, whole: Json) -> str:
    """What a schema takes, in words: "text", "list of whole number", "one of: NAL, SDF"."""
    given = _resolved(schema, whole)
    if isinstance(given.get("enum"), list):
        return f"one of: {', '.join(str(value) for value in given['enum'][:30])}"
    if "const" in given:
        return f"exactly {given['const']}"
    if options := _options(given, whole):
        return " or ".join(dict.fromkeys(kind(option, whole) for option in options))
    words = _type_words(given.get("type"))
    if given.get("type") == "array" and _json(given.get("items")):
        return f"list of {kind(given['items'], whole) if _shallow(given, whole) else 'values'}"
    return f"{words}{_bounds(given)}"


def _shallow(given: Json, whole: Json) -> bool:
    """A list of lists of lists may be endless by a reference to itself."""
    return _resolved(given.get("items"), whole).get("type") != "array"


def _type_words(name: Any) -> str:
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "yes or no",
        "array": "list",
        "object": "object",
        "null": "nothing",
    }
    names = name if isinstance(name, list) else [name]
    return " or ".join(words.get(str(each), "anything") for each in names)


def _bounds(given: Json) -> str:
    bounds = [("minimum", "at least"), ("maximum", "at most"), ("exclusiveMinimum", "above"), ("maxLength", "up to")]
    said = [f"{words} {given[name]}" for name, words in bounds if isinstance(given.get(name), int | float)]
    return f" ({', '.join(said)})" if said else ""


def example(schema: Any) -> Any:
    """What the required fields of an object could look like; what the schema names as an example is taken."""
    whole = _json(schema)
    given = _resolved(whole, whole)
    required = given.get("required")
    names = required if isinstance(required, list) else []
    return {name: _value(_json(given.get("properties")).get(name), whole, 0) for name in names}


def _value(schema: Any, whole: Json, depth: int) -> Any:
    given = _resolved(schema, whole)
    for chosen in (given.get("examples"), given.get("enum")):
        if isinstance(chosen, list) and chosen:
            return chosen[0]
    if "const" in given:
        return given["const"]
    if options := _options(given, whole):
        return _value(options[0], whole, depth)
    if given.get("type") == "object" and depth < DEEPEST:
        required = given.get("required")
        names = required if isinstance(required, list) else []
        return {name: _value(_json(given.get("properties")).get(name), whole, depth + 1) for name in names}
    if given.get("type") == "array" and depth < DEEPEST:
        return [_value(given.get("items"), whole, depth + 1)]
    return EXAMPLES.get(str(given.get("type")), "…")


def _options(given: Json, whole: Json) -> list[Json]:
    """The schemas of which one may fit, without those that a person need not read."""
    options = given.get("anyOf") or given.get("oneOf")
    if not isinstance(options, list):
        return []
    found = [_resolved(option, whole) for option in options]
    return [option for option in found if "anyOf" not in option and "oneOf" not in option]


def _resolved(schema: Any, whole: Json) -> Json:
    """The schema that a reference refers to, with what is said beside the reference."""
    given = _json(schema)
    name = str(given.get("$ref", ""))
    if not name.startswith("#/$defs/"):
        return given
    beside = {key: value for key, value in given.items() if key != "$ref"}
    return _json(_json(whole.get("$defs")).get(name.removeprefix("#/$defs/"))) | beside


def _json(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
