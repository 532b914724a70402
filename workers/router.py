"""Which database a model lives in: the property data and the workers' call records have one of their own."""

from typing import Any


class WarehouseRouter:
    """Send models with ``warehouse = True`` to the warehouse, and all others to the default database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "warehouse" if getattr(model, "warehouse", False) else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model: Any = None, **hints: Any) -> bool | None:
        if model is None:
            model = hints.get("model")
        in_warehouse = bool(getattr(model, "warehouse", False) or hints.get("warehouse"))
        return in_warehouse == (db == "warehouse")
