"""What a worker says it can do, checked before anything builds on it: plans, forms and prompts are made of it."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

Json = dict[str, Any]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", re.ASCII)
MOST_ACTIONS = 200
LONGEST_WORDS = 10_000
FLAGS = ("read_only", "idempotent", "destructive")
SCHEMAS = ("parameters", "result", "harmless")
LOCAL = re.compile(r"#(/\$defs/[^/]+)?")


class BadManifest(ValueError):
    """The text says which part is not as the contract has it."""


def check(manifest: Json) -> None:
    """Raise `BadManifest` for what is no manifest."""
    _expect(isinstance(manifest.get("version"), str) and len(manifest["version"]) <= 100, "version: a short text")
    actions = manifest.get("actions")
    if not isinstance(actions, list) or len(actions) > MOST_ACTIONS:
        raise BadManifest(f"actions: a list of at most {MOST_ACTIONS} is expected")
    for action in actions:
        _check_action(action)


def _check_action(action: Any) -> None:
    _expect(isinstance(action, dict), "actions: a list of objects")
    name = action.get("name")
    _expect(isinstance(name, str) and NAME.fullmatch(name), "name of an action: letters, digits and _")
    words = action.get("description", "")
    _expect(isinstance(words, str) and len(words) <= LONGEST_WORDS, f"{name}.description: a text")
    for flag in FLAGS:
        _expect(isinstance(action.get(flag, False), bool), f"{name}.{flag}: true or false")
    seconds = action.get("expected_seconds", 1)
    _expect(isinstance(seconds, int | float) and seconds >= 0, f"{name}.expected_seconds: a number")
    for part in SCHEMAS:
        if part in action:
            _check_schema(action[part], f"{name}.{part}")


def _check_schema(schema: Any, path: str) -> None:
    _expect(isinstance(schema, dict), f"{path}: a JSON Schema")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadManifest(f"{path}: no JSON Schema: {error.message[:200]}") from error
    definitions = schema.get("$defs", {})
    for reference in _references(schema):
        is_there = isinstance(reference, str) and LOCAL.fullmatch(reference)
        known = is_there and (reference == "#" or reference.rpartition("/")[2] in definitions)
        _expect(known, f"{path}: {str(reference)[:100]!r} leads nowhere in the schema, and others are not fetched")


def _references(node: Any) -> Iterator[Any]:
    """What is referred to anywhere in a schema; also where ``$ref`` is the name of a property, which none has."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if name in ("$ref", "$dynamicRef") and not isinstance(inner, dict):
                yield inner
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _expect(holds: Any, what: str) -> None:
    if not holds:
        raise BadManifest(f"{what} is expected")
