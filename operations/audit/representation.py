"""An entry in JSON, as the API and the export show it."""

from typing import Any

from operations.audit.models import Entry

COLUMNS: tuple[str, ...] = (
    "sequence",
    "at",
    "actor_kind",
    "actor_id",
    "actor",
    "action",
    "target_kind",
    "target_id",
    "target",
    "before",
)
COLUMNS += ("after", "address", "request_id", "operation_id", "reason", "previous", "hash")


def entry_json(entry: Entry) -> dict[str, Any]:
    """``entry``, which `names.label` has given its names. `sequence` is null in the moment before it is sealed."""
    shown = {name: getattr(entry, name) for name in COLUMNS}
    return {"id": entry.pk} | shown | {"at": entry.at.isoformat().replace("+00:00", "Z")}
