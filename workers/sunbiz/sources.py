"""Where the Division's files come from: the sources of the settings, by name. Nothing else is ever read.

``state`` is the Division's own server, ``sample`` generated files, ``inbox`` a folder for files that come by other
ways; the setting SUNBIZ_SOURCES adds folders, object stores and SFTP servers, all of them read by fsspec.
"""

import posixpath
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import fsspec
from django.conf import settings

from workers.contract import InvalidParameters
from workers.sunbiz.sample.standard import ensure_sample

_SFTP = ("sftp", "ssh")


@dataclass(frozen=True)
class Source:
    """A configured place with files."""

    name: str
    url: str

    @property
    def is_sftp(self) -> bool:
        return urlsplit(self.url).scheme in _SFTP

    def opened(self) -> tuple[Any, str]:
        """The file system and the path in it. Raises `TryLater` if it is away, `InvalidParameters` without a log-in."""
        if not self.is_sftp:
            return fsspec.core.url_to_fs(self.url)
        return _connected(self)


def configured() -> dict[str, Source]:
    """The sources by name, as the settings say."""
    urls = {
        "state": settings.SUNBIZ_STATE_URL,
        "sample": f"file://{settings.VAR / 'sunbiz-sample'}",
        "inbox": f"file://{settings.VAR / 'inbox'}",
        **settings.SUNBIZ_SOURCES,
    }
    return {name: Source(name, url) for name, url in urls.items()}


def find_source(value: str) -> Source:
    """The source of this name, or the one that this URL or path lies beneath; by default the configured default.

    Raises `InvalidParameters` that names the configured ones.
    """
    sources = configured()
    value = value or settings.SUNBIZ_SOURCE
    source = sources.get(value) or next(
        (Source(one.name, value) for one in sources.values() if _is_beneath(value, one.url)), None
    )
    if source is None:
        names = ", ".join(sources)
        message = f"source: {value!r} is neither a source nor beneath one: there are {names}"
        raise InvalidParameters(message, field="source")
    if source.name == "sample":
        ensure_sample(settings.VAR / "sunbiz-sample")
    return source


def _is_beneath(value: str, url: str) -> bool:
    if "::" in value:  # fsspec would go on to what comes behind it
        return False
    mine, other = (urlsplit(one if "://" in one else f"file://{one}") for one in (url, value))
    inside = posixpath.normpath(other.path or "/") + "/"
    return (mine.scheme, mine.netloc) == (other.scheme, other.netloc) and inside.startswith(
        posixpath.normpath(mine.path or "/").rstrip("/") + "/"
    )


def _connected(source: Source) -> tuple[Any, str]:
    if not settings.SUNBIZ_SFTP_USERNAME:
        raise InvalidParameters(
            f"source: {source.name} needs a log-in: set SUNBIZ_SFTP_USERNAME and SUNBIZ_SFTP_PASSWORD (the Division "
            "publishes its own on its page Data Downloads)",
            field="source",
        )
    try:
        from workers.sunbiz import sftp  # needs an optional extra
    except ImportError as error:
        message = "source: reading over SFTP needs the package paramiko: install concord[sftp]"
        raise InvalidParameters(message, field="source") from error
    place = urlsplit(source.url)
    login = (settings.SUNBIZ_SFTP_USERNAME, settings.SUNBIZ_SFTP_PASSWORD)
    known = settings.VAR / "known_hosts"
    return sftp.connect(source.name, place.hostname or "", place.port or 22, login, known), place.path or "/"
