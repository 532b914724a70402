"""What is known of people in the rows of a list: a line there may quote it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Func, IntegerField, Model, QuerySet

from operations.masking.hiding import know
from operations.models import Operation, Step

MOST = 100  # rows
STEPS = 24
LARGEST = 20_000  # bytes of a row's JSON; a list does not read more for its lines


class Size(Func):
    """About how long a row's JSON is, without reading it: PostgreSQL knows the size of what it keeps elsewhere."""

    function = "LENGTH"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="pg_column_size", **context)


def know_operations(ids: Iterable[str]) -> None:
    """What was asked of these operations, noted with them, and found."""
    if wanted := list(ids)[:MOST]:
        know_rows(Operation.objects.filter(pk__in=wanted), "parameters", "metadata", "result")


def know_operation(pk: str) -> None:
    """The same of one operation, and of some of its steps."""
    know_operations([pk])
    steps = Step.objects.filter(operation=pk).values_list("pk", flat=True)[:STEPS]
    know_rows(Step.objects.filter(pk__in=list(steps)), "arguments", "result")


def know_rows(rows: QuerySet[Model], *columns: str) -> None:
    """What the JSON in these ``columns`` tells, of rows where that is not much."""
    sizes = {f"{name.replace('__', '_')}_size": Size(name) for name in columns}
    small = rows.order_by().annotate(**sizes).filter(**{f"{size}__lte": LARGEST for size in sizes})
    for given in small.values_list(*columns):
        know(*given)
