"""The API keys of the workers that ask Concord itself, in a local run: made once, each readable by its user alone.

The database has only their hashes. To replace one, delete its file and start again; one that was revoked stays so.
Each has the scopes that its worker needs and no others, also if it was made when its worker needed less.
"""

from pathlib import Path

from django.conf import settings

from concord.secrets import local_secret
from operations.models import ApiKey
from operations.models.clients import PREFIX

SCOPES: dict[str, list[str]] = {"performance": ["read_all"], "ai_ml": ["read_all", "mend"]}


def environment(worker: str) -> dict[str, str]:
    """What tells the worker's process where its key is; nothing for a worker that needs none."""
    return {"CONCORD_API_KEY_FILE": str(_file(worker))} if worker in SCOPES else {}


def register() -> None:
    """Make the keys that are not there yet, and let the database know them."""
    for worker, scopes in SCOPES.items():
        ApiKey.objects.adopt(f"worker-{worker}", local_secret(_file(worker), PREFIX), scopes)


def _file(worker: str) -> Path:
    return settings.VAR / "keys" / worker
