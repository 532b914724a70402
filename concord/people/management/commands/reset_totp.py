"""`manage.py reset_totp NAME`: for who has lost the authenticator and the recovery codes."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from concord.people import signals, totp


class Command(BaseCommand):
    help = "Take away the authenticator of the account NAME and its recovery codes. The password alone lets in then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="of the account")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account named {name!r}.")
        if not totp.remove(user):
            raise CommandError(f"{name} has no authenticator.")
        signals.totp_removed.send(User, user=user, request=None, by="command")
        self.stdout.write(f"The authenticator of {name} and its recovery codes are gone.")
