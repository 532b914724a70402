"""JSON Schema validators, made once per schema: making one costs more than using it."""

import json
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from operations.canonical import canonical


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """The validator for ``schema``."""
    return _made(canonical(schema))


@lru_cache(maxsize=512)
def _made(schema: bytes) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema))
