"""What each operation type takes, as JSON Schema for the API's document: made of the fields of the form."""

from typing import Any

from operations.starting.fields import ALL_COUNTIES, Field, Kind
from operations.starting.kinds import OFFERS, PLAN_ONLY, Offer, Way

Json = dict[str, Any]

SHAPES: dict[Kind, Json] = {
    Kind.TEXT: {"type": "string"},
    Kind.PROSE: {"type": "string"},
    Kind.CHOICE: {"type": "string"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.WHOLE: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.FLAG: {"type": "boolean"},
    Kind.SEVERAL: {"type": "array", "items": {"type": "string"}},
    Kind.NAMES: {"type": "array", "items": {"type": "string"}},
    Kind.COUNTIES: {
        "oneOf": [{"const": ALL_COUNTIES}, {"type": "array", "items": {"type": ["string", "integer"]}}],
    },
    Kind.JSON: {"type": ["object", "array"]},
}


def parameters_schema() -> Json:
    """What the parameters of an operation may be, whatever its type."""
    return {
        "type": "object",
        "description": "What the operation type takes",
        "anyOf": [_way(offer, way) for offer in OFFERS.values() for way in offer.ways],
    }


def _way(offer: Offer, way: Way) -> Json:
    named = {field.name: _field(field) for field in (*way.fields, PLAN_ONLY)}
    fixed = {name: {"const": value} for name, value in way.fixed.items()}
    return {
        "title": " ".join(filter(None, [offer.type, way.name])),
        "description": offer.does,
        "type": "object",
        "properties": fixed | named,
        "additionalProperties": False,
    }


def _field(field: Field) -> Json:
    shape = dict(SHAPES[field.kind])
    values = [value for value, _ in field.choices]
    if values and field.kind == Kind.SEVERAL:
        shape["items"] = {"type": "string", "enum": values}
    elif values:
        shape["enum"] = values
    if field.default is not None:
        shape["default"] = field.default
    return shape | {"description": ". ".join(part.rstrip(".") for part in (field.label, field.help) if part)}
