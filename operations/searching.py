"""Finding operations by a typed text: parts of an id, and values such as ``metadata.ticket=4711``."""

from django.db.models import QuerySet

from operations.conditions import among
from operations.models import Operation

MOST = 5  # words


def search(rows: QuerySet[Operation], text: str) -> QuerySet[Operation]:
    """Those of ``rows`` that fit all of ``text``. A value fits what equals it, and a list that has it."""
    conditions, rest = among(text.replace("\0", " "))
    for condition in conditions:
        rows = rows.filter(condition.lookup())
    for word in rest.split()[:MOST]:
        rows = rows.filter(pk__icontains=word)
    return rows
