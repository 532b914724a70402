"""The remedies that there are, written out by hand: adding one is a module and a line."""

from typing import Any

from workers.ai_ml.healing import drop_orphaned_staging, refresh_stale_release, reset_circuit, ring_stuck_operations
from workers.ai_ml.healing.remedy import Name, Remedy

Json = dict[str, Any]

REMEDIES: dict[Name, Remedy] = {
    "ring_stuck_operations": ring_stuck_operations.REMEDY,
    "reset_circuit": reset_circuit.REMEDY,
    "drop_orphaned_staging": drop_orphaned_staging.REMEDY,
    "refresh_stale_release": refresh_stale_release.REMEDY,
}
MILD = [name for name, remedy in REMEDIES.items() if not remedy.destructive]

# The arguments with which a call destroys nothing: a dry run, or remedies that do not destroy.
HARMLESS: Json = {
    "type": "object",
    "anyOf": [
        {"properties": {"dry_run": {"const": True}}},
        {
            "properties": {
                "act_on": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"remedy": {"enum": MILD}}, "required": ["remedy"]},
                }
            },
            "required": ["act_on"],
        },
    ],
}
