"""manage.py check_rules: says whether the files in RULES_DIR can be used, and names every mistake in them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workers.data_quality.rule_sets import in_force


class Command(BaseCommand):
    help = "Check the files of rules in RULES_DIR, and run the tests that the rules carry."

    def handle(self, *args: Any, **options: Any) -> None:
        found, mistakes = in_force.checked_files()
        for mistake in mistakes:
            self.stderr.write(str(mistake))
        if mistakes:
            raise CommandError(f"{len(mistakes)} mistakes in {settings.RULES_DIR}")
        self.stdout.write(f"{len(found)} rules in {settings.RULES_DIR} are in force.")
