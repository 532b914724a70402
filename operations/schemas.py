"""JSON Schema validators, made once per schema: making one costs more than using it."""

import json
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from operations.canonical import canonical


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """The validator for ``schema``."""
    return _made(canonical(schema))


def fits(schema: Any, value: Any) -> bool:
    """Does ``value`` fit ``schema``? Nothing fits what is absent, empty or no JSON Schema."""
    if not isinstance(schema, dict) or not schema:
        return False
    try:
        Draft202012Validator.check_schema(schema)
        return validator(schema).is_valid(value)
    except (SchemaError, Unresolvable):
        return False


@lru_cache(maxsize=512)
def _made(schema: bytes) -> Draft202012Validator:
    # Without a registry, jsonschema would fetch what a schema refers to from anywhere.
    return Draft202012Validator(json.loads(schema), registry=Registry())
