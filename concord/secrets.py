"""Secrets that a local run makes for itself, readable by its user alone."""

import os
import secrets
from pathlib import Path


def local_secret(path: Path, prefix: str = "") -> str:
    """The secret in the file at ``path``; made on first use. Processes that start together get the same one.

    A new one begins with ``prefix``.
    """
    while True:
        try:
            value = path.read_text()
        except FileNotFoundError:
            _make(path, prefix)
            continue
        return value.strip()


def _make(path: Path, prefix: str) -> None:
    """Write a new secret beside ``path`` and link it into place, so that nobody ever reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(prefix + secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its secret is the one
    finally:
        draft.unlink()
