"""The audit trail: whether its newest part is what was sealed, and whether sealing keeps up."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from concord.doctor.finding import Finding, error, ok
from operations.audit import guards, verifying
from operations.audit.models import Entry

ABOUT = "audit trail"
BEHIND = timedelta(seconds=60)  # the sweeper seals every two


def check() -> Iterator[Finding]:
    """Look at the newest entries only; `manage.py verify_audit` looks at all."""
    found = [*_chain(), *_guards(), *_sealer()]
    yield from found or [ok(ABOUT, f"{verifying.chain.head().sequence:,} entries, the newest of which hold")]


def _chain() -> Iterator[Finding]:
    verdict = verifying.verify_newest()
    if not verdict.holds:
        yield error(
            ABOUT,
            f"its chain is broken at entry {verdict.at}: {verdict.why}",
            "run `manage.py verify_audit`, and compare with a backup",
        )


def _guards() -> Iterator[Finding]:
    if not guards.there(connections[Entry.objects.db]):
        yield error(
            ABOUT,
            "the database does not refuse changes of it: its triggers are missing",
            "find out who took them away, and put them back with `manage.py verify_audit --guard`",
        )


def _sealer() -> Iterator[Finding]:
    waits = Entry.objects.filter(sequence=None).order_by("id").values_list("at", flat=True).first()
    if waits and timezone.now() - waits > BEHIND:
        seconds = (timezone.now() - waits).total_seconds()
        yield error(ABOUT, f"an entry has waited for its seal for {seconds:.0f} s", "start `manage.py sweeper`")
