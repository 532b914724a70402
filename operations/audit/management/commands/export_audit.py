"""`manage.py export_audit`: the audit trail as JSON lines or CSV, on standard output."""

from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime

from operations.audit import chain, exporting
from operations.audit.models import Entry
from operations.audit.recording import record


class Command(BaseCommand):
    help = "Write the audit trail to standard output, oldest first. That it was exported is an entry too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", metavar="2026-01-31", help="a day or an ISO time (UTC): from then on")
        parser.add_argument("--until", metavar="2026-02-28", help="a day, itself included, or an ISO time: until then")
        parser.add_argument("--format", choices=list(exporting.FORMATS), default="jsonl")

    def handle(self, *args: Any, since: str | None, until: str | None, format: str, **options: Any) -> None:
        chosen: dict[str, Any] = {}
        if since:
            chosen["at__gte"] = _moment("--since", since, time.min)
        if until:
            chosen["at__lte"] = _moment("--until", until, time.max)
        record("audit.export", after={"since": since, "until": until, "format": format})
        chain.seal()
        for line in exporting.lines(Entry.objects.filter(**chosen), format):
            self.stdout.write(line, ending="")


def _moment(option: str, text: str, hour: time) -> datetime:
    try:
        if moment := parse_datetime(text) if len(text) > 10 else None:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if day := parse_date(text):
            return datetime.combine(day, hour, UTC)
    except ValueError:
        pass
    raise CommandError(f"{option}: {text!r} is neither a day such as 2026-01-31 nor an ISO time.")
