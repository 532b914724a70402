"""What an operation brought, from its steps. Pure."""

from collections.abc import Sequence
from typing import Any

from operations.canonical import canonical
from operations.models import Operation, Step
from operations.states import OperationType, StepStatus

Json = dict[str, Any]

MAX_BYTES = 256 * 1024


def summarise(operation: Operation, steps: Sequence[Step]) -> Json:
    """The operation's ``result``: for known types the counts that clients rely on, else each step's result."""
    done = [step for step in steps if step.status == StepStatus.COMPLETED and step.for_each is None]
    counts: Json = {"steps_executed": len(done)}
    if operation.operation_type in (OperationType.DATA_PIPELINE, OperationType.DATA_VALIDATION):
        return counts | _rolls(done)
    if operation.operation_type == OperationType.PERFORMANCE_CHECK:
        return counts | _performance(done)
    if operation.operation_type == OperationType.ENTITY_SYNC:
        return counts | _entities(done)
    if operation.operation_type == OperationType.AI_INFERENCE and (told := _inference(done)):
        return counts | told
    results = {step.step_id: step.result for step in done}
    if len(canonical(results)) > MAX_BYTES:
        return counts | {"steps": list(results), "note": "The results are too large to repeat here; see the steps."}
    return counts | {"results": results}


def _rolls(done: list[Step]) -> Json:
    by_action: dict[str, list[Json]] = {}
    files: dict[int | None, Json] = {}
    for step in done:
        if not isinstance(step.result, dict):
            continue
        by_action.setdefault(step.action, []).append(step.result)
        if step.index is not None:
            files.setdefault(step.index, {"label": step.label}).update(_told(step.action, step.result))
    return {
        "files_downloaded": len(by_action.get("download", [])),
        "records_processed": _sum(by_action.get("process", []), "rows_processed"),
        "records_quarantined": _sum(by_action.get("process", []), "rows_quarantined"),
        "records_uploaded": _sum(by_action.get("upload", []), "rows_uploaded"),
        "files": [files[index] for index in sorted(files, key=lambda index: index or 0)],
        "missing": [entry for name in FOUND for found in by_action.get(name, []) for entry in found.get("missing", [])],
        **({"gaps": gaps[-1]["words"]} if (gaps := by_action.get("fill_gaps")) else {}),
    }


def _performance(done: list[Step]) -> Json:
    """What was found, in few words; the figures are in the steps."""
    found = {step.action: step.result for step in done if isinstance(step.result, dict)}
    health, analysis = found.get("monitor_health"), found.get("analyze_performance")
    completion, parity = found.get("track_completion"), found.get("check_data_parity")
    told: Json = {}
    if health:
        told["health"] = {name: health[name] for name in ("status", "attention")}
    if analysis:
        told["performance"] = {
            "bottleneck": analysis["bottleneck"] and analysis["bottleneck"]["words"],
            "regressions": [change["words"] for change in analysis["regressions"]],
            "summary": analysis["summary"],
        }
    if completion:
        names = ("dataset", "year", "done", "missing", "share", "seconds_left", "words")
        told["completion"] = [{name: dataset[name] for name in names} for dataset in completion["datasets"]]
    if parity:
        told["parity"] = {name: parity[name] for name in ("agree", "rows_left", "rows_right", "words")}
    return told


def _entities(done: list[Step]) -> Json:
    """What a sync brought, in the words that clients know of the rolls, and the figures after it."""
    results = {step.action: step.result for step in done if isinstance(step.result, dict)}
    synced = results.get("sync_entities", {})
    status, metrics = results.get("monitor_status", {}), results.get("generate_dashboard_metrics", {})
    owners, settled = results.get("link_properties_to_entities", {}), results.get("settle", {})
    return {
        "files_downloaded": synced.get("files_read", 0),
        "records_processed": synced.get("rows_read", 0),
        "records_quarantined": synced.get("rows_quarantined", 0),
        "records_uploaded": 0
        if synced.get("dry_run")
        else synced.get("rows_inserted", 0) + synced.get("rows_replaced", 0),
        **{name: synced[name] for name in SYNCED if name in synced},
        **{name: status[name] for name in ("series", "gaps", "status_changes") if name in status},
        **{name: metrics[name] for name in ("as_of", "entities", "active", "inactive") if name in metrics},
        **({"owners_linked": owners["linked"], "properties_linked": owners["properties_linked"]} if owners else {}),
        **({"owners_open": settled["open_total"]} if settled else {}),
    }


def _inference(done: list[Step]) -> Json:
    """What each task found, in its words and with its counts; the rest is in the steps."""
    found = {step.action: step.result for step in done if isinstance(step.result, dict)}
    healing = [step.result for step in done if step.action == "execute_self_healing" and isinstance(step.result, dict)]
    return {
        name: {key: found[action][key] for key in told if key in found[action]}
        for action, (name, told) in INFERRED.items()
        if action in found
    } | ({"healing": _healed(healing)} if healing else {})


def _healed(results: list[Json]) -> Json:
    """What a look for trouble found, and what became of each finding that was to be mended, in words."""
    looks = [result for result in results if result["dry_run"]]
    return {
        "found": [finding["words"] for look in looks for finding in look["findings"]],
        "done": [outcome["words"] for result in results for outcome in result["done"]],
        "summary": [sentence for look in looks for sentence in look["summary"]],
        "truncated": any(look["truncated"] for look in looks),
    }


INFERRED: dict[str, tuple[str, tuple[str, ...]]] = {
    "assign_use_codes": (
        "use_codes",
        (
            *("words", "parcels", "lacking", "assigned", "by_rule", "by_person", "unsure", "looks_wrong"),
            *("threshold", "model", "assignments", "review"),
        ),
    ),
    "run_monitoring_ai": ("monitoring", ("summary", "series", "too_few", "anomalies")),
    "handle_chat_query": (
        "question",
        (
            *("answer", "columns", "rows", "row_count", "truncated", "query"),
            *("sql", "parameters", "source", "note"),
        ),
    ),
    "store_rules": ("rules", ("rules", "changed", "in_force", "dry_run")),
}
FOUND = ("discover", "fill_gaps")
SYNCED = ("dry_run", "files_unchanged", "names_changed", "statuses_changed", "quarantine_reasons", "failed")
TOLD = {
    "download": ("release", "unchanged"),
    "process": ("rows_read", "rows_processed", "rows_quarantined", "quarantine_reasons"),
    "validate": ("passed", "failed", "warnings"),
    "upload": ("table", "rows_uploaded", "already_loaded"),
    "verify": ("agree", "sales_without_parcel"),
}


def _told(action: str, result: Json) -> Json:
    return {name: result[name] for name in TOLD.get(action, ()) if name in result}


def _sum(results: list[Json], name: str) -> int:
    return sum(result.get(name, 0) for result in results)
