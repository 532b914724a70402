"""Makes an API key and prints it, and nothing else, on standard output: `KEY=$(manage.py create_api_key NAME)`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.models import ApiKey
from operations.models.clients import SCOPES


class Command(BaseCommand):
    help = "Make an API key for the client NAME and print it. It is shown only now: only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will use the key, as history shall name it")
        parser.add_argument(
            "--scope", action="append", default=[], choices=SCOPES, help="a right beyond its own operations; repeatable"
        )

    def handle(self, *args: Any, name: str, scope: list[str], **options: Any) -> None:
        if ApiKey.objects.filter(name=name).exists():
            raise CommandError(f"There is a key named {name!r} already. Choose another name.")
        _, key = ApiKey.objects.issue(name, sorted(set(scope)))
        self.stdout.write(key)
