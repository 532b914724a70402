"""Makes another secret for an API key and prints it, and nothing else, on standard output."""

import re
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.models import ApiKey
from operations.models.clients import StillRotating

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=90)


def span(text: str) -> timedelta:
    """Such as 30m, 24h or 7d; 0 is none."""
    if text == "0":
        return timedelta(0)
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    given = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else LONGEST * 2
    if given > LONGEST:
        raise CommandError(f"--overlap {text!r}: such as 30m, 24h or 7d, at most {LONGEST.days}d; 0 for none.")
    return given


class Command(BaseCommand):
    help = (
        "Make another secret for the API key NAME and print it. The old one works for the overlap still, so that the "
        "client can be changed meanwhile. With --overlap 0 only the new one works from now on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="whose key")
        parser.add_argument("--overlap", default="24h", help="how long the old secret works still (24h)")

    def handle(self, *args: Any, name: str, overlap: str, **options: Any) -> None:
        row = ApiKey.objects.filter(name=name).first()
        if row is None:
            raise CommandError(f"There is no key named {name!r}. create_api_key {name} makes one.")
        if not row.is_in_force():
            raise CommandError(f"The key {name!r} is {row.state}. Make another with create_api_key.")
        try:
            secret = row.rotate(span(overlap))
        except StillRotating as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
