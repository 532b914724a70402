"""What a JSON Schema says of one value: the alternatives that it allows, with $ref followed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
DEEPEST = 8  # alternatives inside alternatives


@dataclass(frozen=True)
class Node:
    """``schema`` with its $ref followed, the ``branches`` that are not null, and whether null is allowed."""

    schema: Json
    branches: list[Json]
    nullable: bool


def node(schema: Any, definitions: Json) -> Node:
    """What ``schema`` (part of one whose ``$defs`` are ``definitions``) allows."""
    whole = followed(schema, definitions)
    branches = list(_branches(whole, definitions, DEEPEST))
    real = [branch for branch in branches if branch.get("type") != "null"]
    return Node(whole, real, len(real) < len(branches))


def followed(schema: Any, definitions: Json) -> Json:
    """``schema`` with its $ref replaced by what it leads to; what stands beside it goes before."""
    result: Json = schema if isinstance(schema, dict) else {}
    for _ in range(DEEPEST):
        if "$ref" not in result:
            break
        target = definitions.get(str(result["$ref"]).rpartition("/")[2], {})
        result = {**target, **{name: value for name, value in result.items() if name != "$ref"}}
    return result


def _branches(schema: Json, definitions: Json, depth: int) -> Iterator[Json]:
    choices = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(choices, list) and depth:
        for choice in choices:
            yield from _branches(followed(choice, definitions), definitions, depth - 1)
    elif isinstance(types := schema.get("type"), list):
        for kind in types:
            yield {**schema, "type": kind}
    else:
        yield schema


SCALARS = {"string", "integer", "number", "boolean", "null"}


def item_types(branch: Json, definitions: Json) -> set[str]:
    """The types of a list's elements, where they are scalars; else empty."""
    found = node(branch.get("items"), definitions)
    types = {str(each.get("type")) for each in found.branches} | ({"null"} if found.nullable else set())
    return types if types <= SCALARS else set()


def item_words(branch: Json, definitions: Json) -> list[str]:
    """The words that a list's elements are chosen from, where they are."""
    words = followed(branch.get("items"), definitions).get("enum")
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []
