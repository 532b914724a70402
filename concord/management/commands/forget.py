"""`manage.py forget`: removes old operations, a client's, a person's traces, or only what is personal in them."""

import logging
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from concord.forgetting import operations, people
from operations.models import ApiKey, Operation

logger = logging.getLogger(__name__)


def span(words: str) -> timedelta:
    """Days or hours, such as 90d or 12h."""
    if not (found := re.fullmatch(r"(\d{1,6})([dh])", words)):
        raise ArgumentTypeError(f"{words!r} is no time such as 90d or 12h")
    return timedelta(**{{"d": "days", "h": "hours"}[found[2]]: int(found[1])})


class Command(BaseCommand):
    help = (
        "Forget ended operations (their model calls stay in the sums), or a person. It may be stopped and repeated. "
        "Entries of the audit trail stay, without the reasons that people gave about those operations; "
        "names of people are not in them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=span, metavar="90d", help="those that ended so long ago")
        parser.add_argument("--client", default="", help="those of this API key's name; without --older-than also it")
        parser.add_argument("--person", default="", help="an account: it goes, and an alias stands for its name")
        parser.add_argument("--personal", action="store_true", help="keep the rows, blank what may be personal")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, person: str, client: str, older_than: timedelta | None, **options: Any) -> None:
        if not (person or client) and older_than is None:
            raise CommandError("Say what to forget: --older-than 90d, --client NAME or --person NAME.")
        if client and not ApiKey.objects.filter(name=client).exists():
            raise CommandError(f"--client: there is no API key named {client!r}.")
        if person:
            self.forget_person(person, dry_run=options["dry_run"])
        if client or older_than is not None:
            self.forget_operations(client, older_than, personal=options["personal"], dry_run=options["dry_run"])

    def forget_person(self, name: str, *, dry_run: bool) -> None:
        done = people.count(name) if dry_run else people.forget(name)
        if not done.total():
            raise CommandError(f"--person: nothing names {name!r}.")
        self.say(done, dry_run=dry_run, about=f"; {people.alias(name)} stands for the name")

    def forget_operations(self, client: str, older_than: timedelta | None, *, personal: bool, dry_run: bool) -> None:
        # All of a client's: nothing new may come while the old goes.
        whole = bool(client) and older_than is None and not personal
        if whole and not dry_run:
            ApiKey.objects.filter(name=client).revoke()
        before = timezone.now() - older_than if older_than is not None else None
        rows = operations.due(before=before, client=client, personal_only=personal)
        done = operations.count(rows)
        if not dry_run:
            done = Counter()
            while batch := operations.forget(rows, personal_only=personal):
                done += batch
        self.say(done, dry_run=dry_run, about="; their model calls stay in the sums")
        if whole and not dry_run:
            self.remove_key(client)

    def remove_key(self, client: str) -> None:
        """Delete the key, which is revoked already. Raises `CommandError` while operations of it go on."""
        if left := Operation.objects.filter(client__name=client).count():
            raise CommandError(f"{left} operations of {client!r} have not ended: cancel them, then repeat this.")
        ApiKey.objects.filter(name=client).delete()
        self.stdout.write(f"The key of {client!r} is gone.")

    def say(self, done: Counter[str], *, dry_run: bool, about: str) -> None:
        words = ", ".join(f"{number:,} {kind}" for kind, number in done.items() if number) or "nothing"
        self.stdout.write(f"{'Would forget' if dry_run else 'Forgot'} {words}{about}.")
        if not dry_run:
            logger.info("Forgot by command", extra={"forgot": dict(done)})
