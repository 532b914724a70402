"""Typed reading of the environment, and of `.env` beside manage.py. A value that cannot be read stops the start."""

import ipaddress
import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# How an address of files may begin. Whatever else fsspec could open is not asked for.
FOLDERS = ("", "file")
STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory")
WEB = ("http", "https")
SFTP = ("sftp", "ssh")

# The names that were asked for so far: once the settings are read, all that there are.
asked: set[str] = set()


def load(path: Path) -> None:
    """Take the settings in the file at ``path`` that the environment does not have already."""
    for name, value in lines(path):
        os.environ.setdefault(name, value)


def lines(path: Path) -> list[tuple[str, str]]:
    """The names and values in the file at ``path``, none where there is no file."""
    found: list[tuple[str, str]] = []
    for number, line in enumerate(path.read_text().splitlines() if path.is_file() else (), 1):
        line = line.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise ImproperlyConfigured(f"{path}, line {number}: expected NAME=value")
        found.append((name.strip(), value.strip().strip("'\"")))
    return found


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that ``NAME_FILE`` names, or the default."""
    asked.add(name)
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE={file!r} cannot be read: {error.strerror}") from error
    return os.environ.get(name) or default


def flag(name: str, *, default: bool = False) -> bool:
    asked.add(name)
    match os.environ.get(name, "").strip().lower():
        case "":
            return default
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
        case value:
            raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false")


def whole(name: str, default: int) -> int:
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number") from error


def number(name: str, default: float) -> float:
    value = text(name)
    try:
        return float(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is not a number") from error


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def hosts(name: str) -> list[str]:
    """A comma-separated list of hosts, patterns with ``*``, and networks such as 10.20.0.0/16."""
    found = names(name)
    for entry in found:
        if "://" in entry or "@" in entry:
            raise ImproperlyConfigured(f"{name}: {entry!r} is no host: write its name alone")
        if "/" in entry:
            try:
                ipaddress.ip_network(entry, strict=False)
            except ValueError as error:
                raise ImproperlyConfigured(f"{name}: {entry!r} is no network: {error}") from error
    return found


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """One of ``choices``, which are in capitals; the case of the variable does not matter."""
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join(choices)}")
    return value


def folder(name: str, default: Path) -> Path:
    """A folder to write to, made where it is missing."""
    path = Path(text(name, str(default))).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be made ({error.strerror}): set {name} to another folder") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{path} cannot be written to: set {name} to another folder")
    return path


def pairs(name: str) -> dict[str, str]:
    """A comma-separated list of ``name=value``."""
    found = {}
    for entry in names(name):
        key, equals, value = (part.strip() for part in entry.partition("="))
        if not (key and equals and value):
            raise ImproperlyConfigured(f"{name}: {entry!r} is not of the form name=value")
        found[key] = value
    return found


def source(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """The address of files, which begins with one of ``schemes``."""
    value = text(name, default)
    if value:
        _check_source(name, value, schemes)
    return value


def sources(name: str, schemes: tuple[str, ...]) -> dict[str, str]:
    """A comma-separated list of ``name=url``, addresses of files that begin with one of ``schemes``."""
    found = pairs(name)
    for value in found.values():
        _check_source(name, value, schemes)
    return found


def _check_source(name: str, value: str, schemes: tuple[str, ...]) -> None:
    scheme = urlsplit(value).scheme
    if "::" in value or scheme not in schemes:
        wrong = "::" if "::" in value else f"{scheme}://"  # not all of it: there may be a password
        known = ", ".join(f"{one}://" for one in schemes if one)
        raise ImproperlyConfigured(f"{name}: files are not read from {wrong} here, but from folders, {known}")
