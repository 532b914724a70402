"""`manage.py verify_audit`: is the audit trail what was written? Exit code 1 where it is not."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from operations.audit import chain, guards, verifying
from operations.audit.models import Entry


class Command(BaseCommand):
    help = (
        "Look at every entry of the audit trail and tell the first that was changed, moved or taken out. An --anchor "
        'from the log ("The audit trail\'s head") also shows whether the end was cut off. Entries are kept for ever.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="SEQ:HASH", help="a head as the log has it; repeatable"
        )
        parser.add_argument("--json", action="store_true", help="the verdict as JSON")
        parser.add_argument(
            "--guard", action="store_true", help="put the triggers that refuse changes of the trail back first"
        )

    def handle(self, *args: Any, anchor: list[str], **options: Any) -> None:
        try:
            anchors = [verifying.anchor(text) for text in anchor]
        except verifying.NoAnchor as error:
            raise CommandError(f"--anchor: {error}.") from error
        if options["guard"]:
            guards.put_back(connections[Entry.objects.db])
        chain.seal()
        verdict = verifying.verify(anchors)
        guarded = guards.there(connections[Entry.objects.db])
        if options["json"]:
            self.stdout.write(json.dumps(_json(verdict, guarded), indent=2))
        else:
            self.say(verdict, guarded)
        if not verdict.holds:
            raise SystemExit(1)

    def say(self, verdict: verifying.Verdict, guarded: bool) -> None:
        if verdict.holds:
            self.stdout.write(f"The chain holds: {verdict.entries:,} entries. Head: {verdict.head}")
        else:
            about = f" (id {verdict.entry})" if verdict.entry else ""
            self.stderr.write(f"The chain is BROKEN at entry {verdict.at}{about}: {verdict.why}.")
            self.stderr.write(f"Up to entry {verdict.head.sequence} it holds.")
        if verdict.without_words:
            self.stdout.write(f"{verdict.without_words:,} entries are without their reason: it was forgotten.")
        if not guarded:
            self.stderr.write("The database does not refuse changes of the trail: its triggers are missing (--guard).")


def _json(verdict: verifying.Verdict, guarded: bool) -> dict[str, Any]:
    broken = None if verdict.holds else {"sequence": verdict.at, "id": verdict.entry, "why": verdict.why}
    return {
        "holds": verdict.holds,
        "entries": verdict.entries,
        "head": str(verdict.head),
        "broken": broken,
        "without_reason": verdict.without_words,
        "guarded": guarded,
    }
