"""What an operation brought, without what differs between two installations or two days: to compare, not to show."""

import re
from collections.abc import Iterable
from typing import Any

from operations.canonical import canonical
from operations.states import OperationType

Json = dict[str, Any]

ADDRESS = re.compile(r"https?://(127\.0\.0\.1|localhost)(:\d+)?")
# When and under which name something was done or found, not what.
PASSING = frozenset({"modified", "etag", "checked_at", "loaded_at", "started_at", "finished_at", "already_loaded"})
# These measure the machine: no two runs bring the same figures, only the same kinds of figures. Whether a person has
# to look at them depends on the machine too.
MEASURING = frozenset({OperationType.PERFORMANCE_CHECK})


def outcome(operation: Json, folder: str) -> Any:
    """All that is comparable of ``operation`` as the API shows it; ``folder`` is where its installation lay."""
    done = [
        [f"{step['worker']}.{step['action']}", step["status"], _plain(step["result"], folder)]
        for step in without_templates(operation["steps"])
    ]
    if operation["operation_type"] in MEASURING:
        done = [[action, status, _shape(result)] for action, status, result in done]
        return {"status": "measured", "steps": sorted(done, key=canonical)}
    return {"status": operation["status"], "steps": sorted(done, key=canonical)}


def without_templates(steps: list[Json]) -> Iterable[Json]:
    """The steps that did something, without those that only stand for their instances."""
    templates = {step["id"].partition("[")[0] for step in steps if "[" in step["id"]}
    return [step for step in steps if step["id"] not in templates]


def _plain(value: Any, folder: str) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part, folder) for name, part in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [_plain(part, folder) for part in value]
    if isinstance(value, str):
        return ADDRESS.sub("http://here", value.replace(folder, "/var"))
    return value


def _shape(value: Any) -> Any:
    """Which fields there are, at any depth, and of what kind."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return "list"
    return "number" if isinstance(value, int | float) else type(value).__name__


def difference(old: Any, new: Any) -> str:
    """Where two outcomes differ first, in words; empty if they do not."""
    if old["status"] != new["status"]:
        return f"{old['status']} against {new['status']}"
    ours, theirs = ([canonical(step) for step in side["steps"]] for side in (old, new))
    for step, other in zip(old["steps"], new["steps"], strict=False):
        if canonical(step) != canonical(other):
            return f"{step[0]}: {_first(step[2], other[2])}" if step[0] == other[0] else f"{step[0]} against {other[0]}"
    return "" if len(ours) == len(theirs) else f"{len(ours)} steps against {len(theirs)}"


def _first(old: Any, new: Any, path: str = "result") -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                return _first(old.get(name), new.get(name), f"{path}.{name}")
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            if one != other:
                return _first(one, other, f"{path}.{index}")
    return f"{path} is {str(old)[:80]} against {str(new)[:80]}"
