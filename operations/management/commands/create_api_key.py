"""Makes an API key and prints it, and nothing else, on standard output: `KEY=$(manage.py create_api_key NAME)`."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operations.models import ApiKey
from operations.models.clients import SCOPES

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Make an API key for the client NAME and print it. It is shown only now: only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will use the key, as history shall name it")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            choices=SCOPES,
            help="what it may do; repeatable. Without any: start. A key always reads its own operations",
        )
        parser.add_argument("--days", type=int, help="how long it is in force; without: until it is revoked")

    def handle(self, *args: Any, name: str, scope: list[str], days: int | None = None, **options: Any) -> None:
        if ApiKey.objects.filter(name=name).exists():
            raise CommandError(f"There is a key named {name!r} already. Choose another name, or rotate_api_key {name}.")
        if days is not None and not 0 < days <= MOST_DAYS:
            raise CommandError(f"--days: between 1 and {MOST_DAYS:,}.")
        ends = timezone.now() + timedelta(days=days) if days else None
        _, key = ApiKey.objects.issue(name, sorted(set(scope)) or None, ends)
        self.stdout.write(key)
