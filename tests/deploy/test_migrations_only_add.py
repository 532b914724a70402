"""A version is installed beside the one before it: its migrations only add, so that both work on the same tables."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

# Up to these there was no older version beside which they had to run.
SINCE = {"operations": 10, "escalations": 9, "workers": 12}
OURS = ("operations", "escalations", "workers", "metrics")
ADDS: tuple[type[Operation], ...] = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.AddField,
    migrations.AlterModelOptions,
)
ADDS += (migrations.RunPython, migrations.SeparateDatabaseAndState)


def new_operations() -> Iterator[tuple[str, Operation]]:
    for label in sorted({config.label for config in apps.get_app_configs() if _is_ours(config.name)}):
        package = importlib.import_module(f"{apps.get_app_config(label).name}.migrations")
        for module in pkgutil.iter_modules(package.__path__):
            if int(module.name[:4]) >= SINCE.get(label, 1):
                made = importlib.import_module(f"{package.__name__}.{module.name}").Migration
                yield from ((f"{label}.{module.name}", operation) for operation in made.operations)


def _is_ours(name: str) -> bool:
    package = name.partition(".")[0]
    return package in {"concord", "operations", "escalations", "workers"} and bool(_migrations(name))


def _migrations(name: str) -> Any:
    try:
        return importlib.import_module(f"{name}.migrations")
    except ModuleNotFoundError:
        return None


def harm(operation: Operation) -> str:
    """Why the old version cannot go on beside this one; empty where it can."""
    if isinstance(operation, migrations.AddField):
        return _missing_value(operation.field)
    if isinstance(operation, migrations.AlterField):  # which cannot say what the field was before
        widens = operation.field.null or isinstance(operation.field, models.TextField) or operation.field.choices
        return "" if widens else "an altered column must take all that it took"
    if isinstance(operation, migrations.AddConstraint):
        return "a constraint refuses what the old version may write: add it a version later"
    return "" if isinstance(operation, ADDS) else f"{type(operation).__name__} takes something away"


def _missing_value(field: Any) -> str:
    """The old version's INSERT does not name the new column: the database has to know what stands there."""
    many = isinstance(field, models.ManyToManyField)
    known = many or field.null or field.has_db_default()
    return "" if known else f"give {field.name or 'the field'} null=True or a db_default"


def test_every_new_migration_only_adds():
    harmful = [f"{name}: {why}" for name, operation in new_operations() if (why := harm(operation))]
    assert harmful == []


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        (migrations.RemoveField("operation", "error"), "takes something away"),
        (migrations.DeleteModel("step"), "takes something away"),
        (migrations.RenameField("step", "a", "b"), "takes something away"),
        (migrations.AddField("step", "colour", models.CharField(max_length=9, default="")), "db_default"),
        (migrations.AlterField("step", "label", models.CharField(max_length=9)), "must take all that it took"),
        (migrations.AddConstraint("step", models.UniqueConstraint(fields=["label"], name="x")), "a version later"),
        (migrations.AddField("step", "colour", models.CharField(max_length=9, null=True)), ""),
        (migrations.AddField("step", "colour", models.CharField(max_length=9, db_default="")), ""),
    ],
)
def test_what_would_harm_the_old_version_is_found(operation, word):
    assert word in harm(operation)
    assert bool(word) == bool(harm(operation))
