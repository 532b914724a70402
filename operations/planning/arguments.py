"""Do planned arguments fit the action they are for? References stand for values that are not known yet."""

from collections.abc import Iterator
from typing import Any

from jsonschema import ValidationError

from operations.evidence import references
from operations.schemas import validator
from workers import registry

Json = dict[str, Any]


def problems(worker: str, action: str, arguments: Any) -> list[str]:
    """What is wrong with ``arguments`` for ``worker.action``, in words; empty if nothing is."""
    described = registry.action(worker, action)
    if described is None:
        return [registry.unknown(worker, action)]
    if not isinstance(arguments, dict):
        return ["arguments must be an object"]
    return list(_misfits(described["parameters"], arguments))


def _misfits(schema: Json, arguments: Json) -> Iterator[str]:
    for error in errors(schema, arguments):
        where = ".".join(str(part) for part in error.absolute_path)
        yield f"{where}: {error.message}" if where else error.message


def errors(schema: Json, arguments: Json) -> Iterator[ValidationError]:
    """Where ``arguments`` do not fit the JSON Schema, apart from what a reference may yet mend."""
    for error in validator(schema).iter_errors(arguments):
        nested_reference = error.absolute_path and any(references(error.instance))
        if not nested_reference or error.validator in ("additionalProperties", "required"):
            yield error


def missing_path(schema: Json, path: list[str]) -> str:
    """The first part of ``path`` that a result of this JSON Schema cannot have; empty if all may be there."""
    nodes = [schema]
    for part in path:
        open_ended, following = False, []
        for node in _alternatives(nodes, schema.get("$defs", {})):
            kind, child = _child(node, part)
            open_ended |= kind
            following += child
        if not following:
            return "" if open_ended else part
        nodes = following
    return ""


def _alternatives(nodes: list[Json], definitions: Json, followed: frozenset[str] = frozenset()) -> Iterator[Json]:
    """The schemas that ``nodes`` stand for, with $ref, anyOf and oneOf followed, each $ref once."""
    for node in nodes:
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            if name in definitions and name not in followed:
                yield from _alternatives([definitions[name]], definitions, followed | {name})
        elif choices := node.get("anyOf") or node.get("oneOf"):
            yield from _alternatives(choices, definitions, followed)
        else:
            yield node


def _child(node: Json, part: str) -> tuple[bool, list[Json]]:
    """(may ``node`` have any part at all, what is known of its part ``part``)."""
    if node.get("type") == "array":
        items = node.get("items", True)
        return items is True, [items] if isinstance(items, dict) else []
    if part in node.get("properties", {}):
        return False, [node["properties"][part]]
    extra = node.get("additionalProperties", not node.get("properties"))
    is_object = node.get("type", "object") == "object"
    return is_object and extra is True, [extra] if isinstance(extra, dict) else []
