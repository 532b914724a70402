"""manage.py make_sample_rolls: writes rolls of any size that look like the published ones, with generated names."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workers import counties
from workers.counties import COUNTIES, UnknownCounty
from workers.florida_data.layouts import FILE_TYPES, STAGES, USUAL
from workers.florida_data.sample.standard import PARCELS, SampleSet


class Command(BaseCommand):
    help = "Write sample rolls: the same options give the same bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--counties", nargs="+", default=list(PARCELS), help="names or numbers, or all")
        parser.add_argument("--rows", type=int, default=1_000, help="parcels in each county")
        parser.add_argument("--types", nargs="+", choices=FILE_TYPES, default=list(USUAL))
        parser.add_argument("--year", type=int, default=2025)
        parser.add_argument("--stage", choices=STAGES, default="P")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--flawed", nargs="*", default=[], help="counties whose rolls shall have flaws")
        parser.add_argument("--out", type=Path, default=settings.VAR / "rolls", help="the folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rows"] < 1:
            raise CommandError("--rows: at least 1")
        names = [county.name for county in COUNTIES] if options["counties"] == ["all"] else _names(options["counties"])
        rolls = SampleSet(
            dict.fromkeys(names, options["rows"]),
            tuple(options["types"]),
            options["year"],
            options["stage"],
            options["seed"],
            tuple(_names(options["flawed"])),
        )
        for path in rolls.write(options["out"]):
            self.stdout.write(f"{path} {path.stat().st_size:,} bytes")


def _names(asked: list[str]) -> list[str]:
    try:
        return [counties.find(value).name for value in asked]
    except UnknownCounty as error:
        raise CommandError(str(error)) from error
