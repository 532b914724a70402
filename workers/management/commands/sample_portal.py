"""manage.py sample_portal: serves sample rolls as the state's portal serves the real ones."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from workers.florida_data.sample.portal import application
from workers.florida_data.sample.standard import ensure_sample


class Command(BaseCommand):
    help = "Serve a folder of rolls with the habits of the state's portal; by default the small sample."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--folder", type=Path, help="the rolls to serve (default: the sample, made if need be)")

    def handle(self, *args: Any, host: str, port: int, folder: Path | None, **options: Any) -> None:
        if folder is None:
            folder = settings.VAR / "sample"
            ensure_sample(folder)
        uvicorn.run(application(folder), host=host, port=port, log_level="warning")
