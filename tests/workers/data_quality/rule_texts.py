"""Rules as an analyst would write them, a kind of check each, with a cell or a row that breaks it."""

from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]


def make_rule(name: str = "price-known", **fields: Any) -> Json:
    """A rule of sale files that generated rolls keep, unless ``fields`` say otherwise."""
    given = {
        "dataset": "SDF",
        "severity": "error",
        "level": 3,
        "basis": "an analyst says so",
        "check": {"kind": "required", "columns": ["SALE_PRC"]},
    }
    return {"name": name, **given, **fields}


class Plain(yaml.SafeDumper):
    """Writes out what comes twice, as people do."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(document: Any) -> str:
    """A document as a person would write it."""
    return yaml.dump(document, Dumper=Plain, sort_keys=False)


def write_rules(folder: Path, *rules: Json, name: str = "sales.yaml") -> Path:
    """A file of rules."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(as_yaml({"rules": list(rules)}))
    return path
