"""The rules' template for keeping business entities up to date."""

from typing import Any

Json = dict[str, Any]

PROPERTIES = {"NAL": "parcel_id", "NAP": "acct_id"}  # the rolls that have owners, and what names a row of theirs
ASKED = ("source", "datasets", "series", "filing_types", "since", "until", "level", "dry_run")


def asked(parameters: Json) -> Json:
    """The parameters as plans use them: a trial run reads the sample and writes nothing."""
    return parameters | ({"source": "sample", "dry_run": True} if parameters.get("test") else {})


def steps(parameters: Json) -> list[Json]:
    """sync → status and figures; with ``owners``, whose parcels or accounts those of the entities are."""
    wanted = {name: parameters[name] for name in ASKED if parameters.get(name)}
    seen: Json = {name: wanted[name] for name in ("source", "since", "until") if name in wanted}
    test = bool(parameters.get("test"))
    made = [_sync(wanted), _status(seen), _figures(test=test)]
    if parameters.get("owners") and not test:
        made += _owners(parameters["owners"], parameters.get("year"))
    return made


def _sync(wanted: Json) -> Json:
    return {
        "id": "E1",
        "worker": "sunbiz",
        "action": "sync_entities",
        "arguments": wanted,
        "expected_output": "the Division's new files, each loaded once, and what was set aside",
        "validation": [{"check": "is_empty", "path": "failed", "words": "every file could be loaded"}],
    }


def _status(seen: Json) -> Json:
    return {
        "id": "E2",
        "worker": "sunbiz",
        "action": "monitor_status",
        "arguments": seen,
        "depends_on": ["E1"],
        "expected_output": "the files that are loaded, days without one, entities whose status changed",
        "validation": [
            {"check": "is_empty", "path": "files_unfinished", "words": "no file is loaded in part"},
            {
                "check": "equals",
                "path": "gaps",
                "value": 0,
                "severity": "warning",
                "words": "every working day has its daily files",
            },
        ],
    }


def _figures(*, test: bool) -> Json:
    loaded = {"check": "equals", "path": "empty", "value": False, "words": "there are entities in the warehouse"}
    return {
        "id": "E3",
        "worker": "sunbiz",
        "action": "generate_dashboard_metrics",
        "depends_on": ["E1"],
        "expected_output": "entities by status, type, month, city and agent",
        "validation": [] if test else [loaded],
    }


def _owners(roll: str, year: int | None) -> list[Json]:
    """Link the owners on a roll to the entities, and ask a person about those that are not sure."""
    properties: Json = {"table": f"{roll.lower()}_current"}
    if year:
        properties["where"] = {"asmnt_yr": year}
    link = {
        "id": "E4",
        "worker": "entity_matching",
        "action": "link_properties_to_entities",
        "arguments": {
            "properties": properties,
            "property_key": ["co_no", "asmnt_yr", PROPERTIES[roll]],
            "linkage": f"{roll} owners",
        },
        "depends_on": ["E1"],
        "expected_output": "the entity of each owner that is one, and the owners of which that is not sure",
    }
    settle = {
        "id": "E5",
        "worker": "entity_matching",
        "action": "settle",
        "arguments": {"matching": "#E4"},
        "expected_output": "what people decided about unsure owners, and what is still to be decided",
        "validation": [{"check": "is_empty", "path": "open", "words": "no owner waits for a person"}],
    }
    return [link, settle]
