"""What makes an installation safe to expose. Where it already speaks HTTPS, what is wrong is an error."""

from collections.abc import Iterator

from django.conf import settings

from concord.doctor.finding import Finding, Level, ok

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
SHORTEST_KEY = 50


def check() -> Iterator[Finding]:
    """Look at the settings that only matter once others can reach the web."""
    grave = Level.ERROR if settings.HTTPS else Level.WARNING
    found = [Finding("exposure", grave, what, do) for what, do in [*_always(), *_names(), *_keys()]]
    yield from found or [ok("exposure", "fit to be reached by others")]


def _always() -> Iterator[tuple[str, str]]:
    if settings.DEBUG:
        yield "DEBUG is on: errors show the settings and the code", "set DEBUG=false"
    if not settings.API_KEY_REQUIRED:
        yield (
            "API_KEY_REQUIRED is off: anybody may start operations",
            "set API_KEY_REQUIRED=true, and give each client a key",
        )
    if not settings.HTTPS and set(settings.ALLOWED_HOSTS) - LOOPBACK:
        yield (
            "HTTPS is off, and others may reach this: passwords and keys travel openly",
            "set HTTPS=true behind a proxy",
        )


def _names() -> Iterator[tuple[str, str]]:
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS lets any host name in", "name the hosts that the web is reached by"
    if settings.HTTPS and not set(settings.ALLOWED_HOSTS) - LOOPBACK:
        yield "ALLOWED_HOSTS names only this machine", "add the host that the proxy passes on"
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if settings.HTTPS and not origin.startswith("https://"):
            yield f"CSRF_TRUSTED_ORIGINS has {origin}", "write it with https://"


def _keys() -> Iterator[tuple[str, str]]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < 5 or key.startswith("django-insecure-"):
        yield (
            f"SECRET_KEY is weak: it has {len(key)} characters",
            f"set one of at least {SHORTEST_KEY} random characters",
        )
    if len(settings.WORKER_TOKEN) < 20:
        yield "WORKER_TOKEN is short", "set one of at least 20 random characters"
