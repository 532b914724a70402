"""What comes after a look for trouble: every finding is mended by itself.

Those whose remedy destroys something wait for a person, each; that is the engine's doing.
"""

from typing import Any

Json = dict[str, Any]

# As the worker ai_ml knows them; importing it would bring all that it learns with into every process.
REMEDIES = ("ring_stuck_operations", "reset_circuit", "drop_orphaned_staging", "refresh_stale_release")
MOST_DAYS = 3_660


def steps(parameters: Json) -> list[Json]:
    """None for a dry run, else a step over those findings that are mended unasked and one over the others."""
    if parameters.get("dry_run"):
        return []
    return [
        _mend("E2", "harmless", "what was found is mended, or needs it no more", parameters),
        _mend("E3", "destructive", "what a person approved is removed, or needs it no more", parameters),
    ]


def _mend(step_id: str, findings: str, expected: str, parameters: Json) -> Json:
    days = {name: parameters[name] for name in ("stale_after_days",) if parameters.get(name) is not None}
    return {
        "id": step_id,
        "worker": "ai_ml",
        "action": "execute_self_healing",
        "for_each": f"#E1.{findings}",
        "label": "#item.remedy #item.target",
        "arguments": {"act_on": ["#item"], "dry_run": False, **days},
        "expected_output": expected,
    }
