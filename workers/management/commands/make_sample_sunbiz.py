"""manage.py make_sample_sunbiz: writes files of any size that look like the Division's, with generated names."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workers.sunbiz.sample.files import Sample


class Command(BaseCommand):
    help = "Write a quarter of sample entities, their events, and daily files: the same options give the same bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--entities", type=int, default=10_000, help="in the quarterly file")
        parser.add_argument(
            "--quarter", type=date.fromisoformat, default=date(2025, 7, 1), help="the day of the snapshot"
        )
        parser.add_argument("--days", type=int, default=5, help="daily files after it, one per working day")
        parser.add_argument("--new", type=int, default=400, help="entities that a day brings")
        parser.add_argument("--changed", type=int, default=600, help="entities that a day changes")
        parser.add_argument("--missing-day", type=int, help="leave this day out, counted from 0")
        parser.add_argument("--cut-day", type=int, help="cut a record of this day, counted from 0")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--deflate", action="store_true", help="compress cordata.zip by Deflate, not by Deflate64")
        parser.add_argument("--out", type=Path, default=settings.VAR / "sunbiz-files", help="the folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["entities"] < 1:
            raise CommandError("--entities: at least 1")
        sample = Sample(
            options["entities"],
            options["quarter"],
            options["days"],
            options["new"],
            options["changed"],
            options["missing_day"],
            options["cut_day"],
            options["seed"],
            deflate64=not options["deflate"],
        )
        for path in sample.write(options["out"]):
            self.stdout.write(f"{path} {path.stat().st_size:,} bytes")
