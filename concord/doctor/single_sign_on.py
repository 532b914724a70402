"""Logging in: whether the provider of the single sign-on answers and what is risky about how people come in."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import Group

from concord.doctor.finding import Finding, error, ok, warning
from concord.people.oidc import groups, provider

LONG = 24  # hours


def check() -> Iterator[Finding]:
    """Ask the provider what it says of itself, and look at the settings around it."""
    if not settings.OIDC_ISSUER:
        yield from _unused()
        return
    found = [*_settings(), *_groups()]
    try:
        provider.fetch(settings.OIDC_ISSUER)
    except provider.Unusable as reason:
        found.append(error("single sign-on", f"the provider is of no use: {reason}", "mend OIDC_ISSUER"))
    yield from found or [ok("single sign-on", f"{settings.OIDC_ISSUER} answers")]


def people() -> Iterator[Finding]:
    """Look at how people's sessions and codes are set."""
    missing = _missing(settings.REQUIRE_TOTP)
    found = [
        warning("log-in", f"REQUIRE_TOTP names {name}, which is no group", "mend REQUIRE_TOTP") for name in missing
    ]
    if settings.SESSION_HOURS > LONG:
        found.append(
            warning("log-in", f"sessions last {settings.SESSION_HOURS} hours", "set SESSION_HOURS to 24 at most")
        )
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        found.append(
            warning(
                "log-in",
                "TRUSTED_PROXIES is 0: all people seem to come from the proxy that speaks HTTPS, and share their tries",
                "set TRUSTED_PROXIES to how many proxies there are, usually 1",
            )
        )
    yield from found or [ok("log-in", _summary())]


def _summary() -> str:
    codes = f"codes for {', '.join(settings.REQUIRE_TOTP)}" if settings.REQUIRE_TOTP else "codes for who wants them"
    return f"sessions of {settings.SESSION_HOURS} h, {settings.SESSION_IDLE_MINUTES} min idle; {codes}"


def _unused() -> Iterator[Finding]:
    given = [name for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_GROUPS") if getattr(settings, name)]
    if given:
        yield warning("single sign-on", f"{', '.join(given)} without OIDC_ISSUER do nothing", "set OIDC_ISSUER")
    else:
        yield ok("single sign-on", "none (no OIDC_ISSUER)")


def _settings() -> Iterator[Finding]:
    if not provider.is_safe(settings.OIDC_ISSUER):
        yield error("single sign-on", "OIDC_ISSUER is no https address", "take the provider's https address")
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not getattr(settings, name):
            yield error("single sign-on", f"{name} is missing", f"set {name} as the provider has it")


def _groups() -> Iterator[Finding]:
    if not settings.OIDC_GROUPS:
        yield error("single sign-on", "OIDC_GROUPS is empty: nobody comes in", "set OIDC_GROUPS=theirs=reviewer,…")
    for name in groups.missing():
        yield error("single sign-on", f"OIDC_GROUPS names {name}, which is no group", "mend OIDC_GROUPS")


def _missing(names: list[str]) -> list[str]:
    there = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    return [name for name in names if name not in there]
