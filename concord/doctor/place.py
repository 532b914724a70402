"""This machine: who may read the secrets, what may be written where, and how much room there is."""

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import fsspec
from django.conf import settings

from concord import env
from concord.doctor.finding import Finding, error, ok, warning

LITTLE, TOO_LITTLE = 0.10, 0.03  # of a disk
LEAST_BYTES = 500_000_000


def permissions() -> Iterator[Finding]:
    """Secrets are for their user alone; those that are mounted at least not for all."""
    found = [*_own(), *_mounted()]
    if settings.VAR.stat().st_mode & stat.S_IWOTH:
        found.append(error("permissions", f"anybody may write to {settings.VAR}", f"chmod o-w {settings.VAR}"))
    yield from found or [ok("permissions", "the secrets are for their user alone")]


def _own() -> Iterator[Finding]:
    dotenv = Path(env.text("DOTENV", str(settings.BASE_DIR / ".env")))
    made = [settings.VAR / "secret_key", settings.VAR / "worker_token", *(settings.VAR / "keys").glob("*")]
    for path in [dotenv, *made]:
        if path.is_file() and path.stat().st_mode & 0o077:
            yield error("permissions", f"others may read {path}", f"chmod 600 {path}")


def _mounted() -> Iterator[Finding]:
    for name in sorted(env.asked):
        path = Path(os.environ.get(f"{name}_FILE", ""))
        if path.is_file() and path.stat().st_mode & 0o007:
            yield warning("permissions", f"anybody may read {path} ({name}_FILE)", f"chmod o-rwx {path}")


def data() -> Iterator[Finding]:
    """Write a small file to DATA_URL, read it and remove it."""
    fs, root = fsspec.core.url_to_fs(settings.DATA_URL)
    fs.makedirs(root, exist_ok=True)
    path, token = f"{root.rstrip('/')}/.doctor-{secrets.token_hex(6)}", secrets.token_bytes(16)
    fs.pipe_file(path, token)
    try:
        same = fs.cat_file(path) == token
    finally:
        fs.rm_file(path)
    if not same:
        yield error("DATA_URL", "what was written there reads otherwise", "see whether all parts name the same store")
    yield ok("DATA_URL", f"{settings.DATA_URL} can be written and read")


def disks() -> Iterator[Finding]:
    """The room where this machine writes, each disk once."""
    seen: set[int] = set()
    for name, folder in (("CONCORD_VAR", settings.VAR), ("LOG_DIR", settings.LOG_DIR.parent)):
        device = folder.stat().st_dev
        if device not in seen:
            seen.add(device)
            usage = shutil.disk_usage(folder)
            yield room(name, folder, usage.free, usage.total)


def room(name: str, folder: Path, free: int, total: int) -> Finding:
    """What so many free bytes mean."""
    words = f"{free / 1e9:.1f} GB free of {total / 1e9:.1f} GB at {folder}"
    remedy = f"make room, or set {name} to a folder on a larger disk"
    if free < LEAST_BYTES or free < total * TOO_LITTLE:
        return error("disk", words, remedy)
    return warning("disk", words, remedy) if free < total * LITTLE else ok("disk", words)
