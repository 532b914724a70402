"""`manage.py doctor`: looks at the installation and says what is well, what is not, and what to do about it."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from concord.doctor.checks import all_checks
from concord.doctor.finding import Finding, Level
from concord.doctor.running import SECONDS, findings


class Command(BaseCommand):
    help = "Check every setting, connection, migration, clock and permission. Ends with 1 where something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="a list of findings for programs")
        parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each check may take")

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        found = findings(all_checks(), seconds)
        lines = [json.dumps([asdict(each) for each in found], indent=2)] if options["json"] else report(found)
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        if any(each.level is Level.ERROR for each in found):
            sys.exit(1)


def report(found: list[Finding]) -> list[str]:
    """A line for each finding, with its remedy beneath, and the sum of them."""
    lines = []
    for each in found:
        lines.append(f"{each.level:<8} {each.about:<22} {each.found}")
        if each.do:
            lines.append(f"{'':<31} → {each.do}")
    sums = Counter(each.level for each in found)
    return [*lines, f"{sums[Level.OK]} ok, {sums[Level.WARNING]} warnings, {sums[Level.ERROR]} errors"]
