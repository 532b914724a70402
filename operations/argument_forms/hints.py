"""What a schema asks of a value, in words that stand beside its field."""

from collections.abc import Iterator
from typing import Any

from operations.argument_forms.kinds import Kind
from operations.argument_forms.nodes import Node

Json = dict[str, Any]

LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "like {}",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
}
KINDS = {"integer": "a whole number", "number": "a number", "lines": "one in a line", "json": "JSON"}


def of(found: Node, kind: Kind) -> list[str]:
    """Such as "a whole number", "at least 1990", "at most 2100"."""
    words = [KINDS[kind.name]] if kind.name in KINDS else []
    if kind.name == "lines" and "string" in kind.types and len(kind.types) > 1:
        words.append('a number that is meant as a text stands in quotes: "05"')
    return list(dict.fromkeys([*words, *_limits(found)]))


def _limits(found: Node) -> Iterator[str]:
    for schema in [found.schema, *found.branches]:
        for name, words in LIMITS.items():
            if name in schema:
                yield words.format(schema[name])
