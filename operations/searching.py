"""Finding operations by a typed text: parts of an id, and values such as ``metadata.ticket=4711``."""

import json
import re
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast

from operations.models import Operation

VALUE = re.compile(r"(metadata|parameters)\.([^=\s]+)=(\"[^\"]*\"|\S+)")
MOST = 5  # values in one search
DEEPEST = 8  # names in a path


def search(rows: QuerySet[Operation], text: str) -> QuerySet[Operation]:
    """Those of ``rows`` that fit all words of ``text``. A value fits what equals it, and a list that has it."""
    text = text.replace("\0", " ")
    for number, (column, path, value) in enumerate(VALUE.findall(text)[:MOST]):
        rows = _having(rows, f"found_{number}", column, path.split(".")[:DEEPEST], value.strip('"'))
    for word in VALUE.sub(" ", text).split()[:MOST]:
        rows = rows.filter(pk__icontains=word)
    return rows


def _having(rows: QuerySet[Operation], name: str, column: str, path: list[str], value: str) -> QuerySet[Operation]:
    *outer, last = path
    within: Any = column
    for key in outer:
        within = KeyTransform(key, within)
    rows = rows.alias(**{name: Cast(KeyTextTransform(last, within), TextField())})
    listed = Q(**{f"{name}__startswith": "[", f"{name}__contains": json.dumps(value)})
    return rows.filter(Q(**{name: value}) | listed)
