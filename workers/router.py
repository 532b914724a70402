"""Which database a model lives in: the property data and the workers' call records have one of their own."""

from typing import Any

from django.apps import apps


class WarehouseRouter:
    """Send models with ``warehouse = True`` to the warehouse, and all others to the default database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "warehouse" if getattr(model, "warehouse", False) else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Whether ``db`` has the table of the model; of an operation on no model, whether its hints say so."""
        in_warehouse = bool(hints.get("warehouse")) or (model_name is not None and _in_warehouse(app_label, model_name))
        return in_warehouse == (db == "warehouse")


def _in_warehouse(app_label: str, model_name: str) -> bool:
    """Ask the model of today: the one that a migration carries has fields, but no ``warehouse``."""
    try:
        return getattr(apps.get_model(app_label, model_name), "warehouse", False)
    except LookupError:
        return False
