"""Where rolls come from: the sources of the settings, by name. Nothing else is ever fetched.

``portal`` is the state's, ``sample`` the generated one, ``inbox`` a folder for files that come by other ways; the
setting FLORIDA_SOURCES adds folders, object stores (by fsspec) and portals (URLs with /Documents/ in them).
"""

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings

from workers.contract import InvalidParameters
from workers.florida_data.sample.standard import ensure_sample

LIBRARY = "/property/dataportal/Documents/PTO Data Portal/Tax Roll Data Files"
_WEB = ("http", "https")


@dataclass(frozen=True)
class Source:
    """A configured place with roll files: a portal that speaks HTTP, or a folder that fsspec reads."""

    name: str
    url: str

    @property
    def is_portal(self) -> bool:
        return urlsplit(self.url).scheme in _WEB

    def contains(self, url: str) -> bool:
        """Whether ``url`` is this place or lies beneath it."""
        if "::" in url:  # fsspec would go on to what comes behind it
            return False
        mine, other = _parts(self.url), _parts(url)
        return mine[0] == other[0] and (other[1] + "/").startswith(mine[1].rstrip("/") + "/")


def configured() -> dict[str, Source]:
    """The sources by name, as the settings say."""
    urls = {
        "portal": settings.FLORIDA_PORTAL_URL,
        "sample": settings.FLORIDA_SAMPLE_URL or f"file://{settings.VAR / 'sample'}",
        "inbox": f"file://{settings.VAR / 'inbox'}",
        **settings.FLORIDA_SOURCES,
    }
    return {name: Source(name, _with_library(url)) for name, url in urls.items()}


def find_source(value: str, field: str = "source") -> Source:
    """The source of this name, or the one that this URL or path lies beneath; by default the configured default.

    Raises `InvalidParameters` that names the configured ones.
    """
    sources = configured()
    value = value or settings.FLORIDA_DATA_SOURCE
    if source := sources.get(value):
        return _ready(source)
    for source in sources.values():
        if source.contains(value):
            return _ready(Source(source.name, value))
    names = ", ".join(sources)
    raise InvalidParameters(f"{field}: {value!r} is neither a source nor beneath one: there are {names}", field=field)


def _ready(source: Source) -> Source:
    if source.name == "sample" and not source.is_portal:
        ensure_sample(settings.VAR / "sample")
    return source


def _with_library(url: str) -> str:
    """A portal's URL with the path of its library, if only the host is given."""
    parts = urlsplit(url)
    if parts.scheme in _WEB and not parts.path.strip("/"):
        return url.rstrip("/") + LIBRARY.replace(" ", "%20")
    return url


def _parts(url: str) -> tuple[tuple[str, str], str]:
    """The place (scheme, host) and the plain path of a URL or a path, so that two can be compared."""
    parts = urlsplit(url if "://" in url else f"file://{url}")
    path = parts.path if parts.scheme == "file" else unquote(parts.path)
    return (parts.scheme, parts.netloc.lower()), posixpath.normpath(path or "/")
