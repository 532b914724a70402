"""Where `process` keeps the results of a release, so that a second run of it finds what the first one published."""

import hashlib
import json
from typing import cast

from workers import datasets
from workers.florida_data.results import Processed

# Raise this with any change in what is written: it is part of the files' names.
FORMAT = 2


def folder(release: str, mapping: dict[str, str] | None) -> str:
    """Where the results of a release lie. Another mapping gives other rows, so it has a folder of its own."""
    if mapping is None:
        return f"processed/{release}/{FORMAT}"
    digest = hashlib.sha256(json.dumps(mapping, sort_keys=True).encode()).hexdigest()
    return f"processed/{release}/{FORMAT}-{digest[:12]}"


def published(name: str) -> Processed | None:
    """The result of an earlier run of the same release, if its files are still there."""
    if not datasets.exists(datasets.url_of(name)):
        return None
    with datasets.opened(datasets.url_of(name)) as file:
        result = cast(Processed, json.load(file))
    parts = [part for part in (result["dataset"], result["quarantine"]) if part]
    return result if all(datasets.exists(part["$dataset"]) for part in parts) else None
