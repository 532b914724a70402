"""Reads what deploy/ says, as the tools that take it would."""

import copy
import shlex
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

DEPLOY = settings.BASE_DIR / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
Json = dict[str, Any]


def documents(path: Path) -> list[Json]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def compose() -> Json:
    [document] = documents(DEPLOY / "compose.yaml")
    return document


def kubernetes() -> list[Json]:
    """The manifests as kustomize makes them: the resources with the patches that fit them."""
    [plan] = documents(KUBERNETES / "kustomization.yaml")
    found = [document for name in plan["resources"] for document in documents(KUBERNETES / name)]
    for patch in plan["patches"]:
        [change] = documents(KUBERNETES / patch["path"])
        for document in found:
            if _is_meant(document, patch["target"]):
                document["spec"] = _merged(document["spec"], change["spec"])
    return found


def _is_meant(document: Json, target: Json) -> bool:
    label, _, value = target.get("labelSelector", "").partition("=")
    labels = document["metadata"].get("labels", {})
    return document["kind"] == target["kind"] and (not label or labels.get(label) == value)


def _merged(base: Any, change: Any) -> Any:
    """A strategic merge: mappings by key, lists of named things by name, others replaced."""
    if isinstance(base, dict) and isinstance(change, dict):
        return base | {key: _merged(base[key], value) if key in base else value for key, value in change.items()}
    named = isinstance(base, list) and isinstance(change, list) and all("name" in entry for entry in base + change)
    if not named:
        return copy.deepcopy(change)
    entries = {entry["name"]: entry for entry in base}
    for entry in change:
        entries[entry["name"]] = _merged(entries.get(entry["name"], {}), entry)
    return list(entries.values())


def instructions() -> list[list[str]]:
    """The Dockerfile's instructions, each as words."""
    lines = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.strip() and not line.startswith("#")]
