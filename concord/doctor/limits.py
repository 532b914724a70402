"""What may be sent and called: which limits are off, where calls may go, and which workers lie outside of that."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from concord.doctor.finding import Finding, ok, warning
from concord.doctor.finding import error as grave
from workers import outgoing
from workers.models import RegisteredWorker


def rates() -> Iterator[Finding]:
    """The limits of calls."""
    off = [f"RATE_LIMIT_{kind.upper()}" for kind, rate in settings.RATE_LIMITS.items() if rate is None]
    if off:
        yield warning("limits", f"{', '.join(off)}: no limit", "set a rate such as 600/minute, unless this is a test")
        return
    told = (f"{kind} {rate.calls}/{rate.seconds} s" for kind, rate in settings.RATE_LIMITS.items() if rate)
    yield ok("limits", ", ".join(told))


def calls() -> Iterator[Finding]:
    """The hosts that may be called."""
    proxy = f"; through the proxy {urlsplit(settings.OUTGOING_PROXY).hostname}" if settings.OUTGOING_PROXY else ""
    yield ok("calls of workers", f"to {outgoing.workers()}")
    yield ok("calls of sources", f"to {outgoing.rolls()}{proxy}; by SFTP to {outgoing.records()}")
    if settings.OUTGOING_METADATA:
        remedy = "leave OUTGOING_METADATA out, unless an object store is given the machine's own credentials"
        yield warning("OUTGOING_METADATA", "libraries may call the addresses where clouds keep credentials", remedy)
    for row in RegisteredWorker.objects.filter(enabled=True).only("name", "url"):
        try:
            outgoing.check_worker(row.url)
        except outgoing.NotAllowed as error:
            remedy = "add its host to WORKER_HOSTS, or correct its address at /admin/workers/registeredworker/"
            yield grave(f"worker {row.name}", f"{row.url} is not called: {error}", remedy)
