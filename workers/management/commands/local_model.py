"""manage.py local_model: serves a real small language model, OpenAI-compatibly, from this machine alone."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workers import local_model


class Command(BaseCommand):
    help = "Serve a real small language model with OpenAI's API. It plans badly: for trying out, never for work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8010)
        parser.add_argument("--weights", type=Path, help="another GGUF file (default: SmolLM2, 135 million parameters)")

    def handle(self, *args: Any, host: str, port: int, weights: Path | None, **options: Any) -> None:
        if weights and not weights.is_file():
            raise CommandError(f"--weights: there is no file {weights}")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            server = local_model.start(port, host=host, weights=weights)
        except local_model.NotInstalled as error:
            raise CommandError(str(error)) from error
        except RuntimeError as error:
            raise CommandError(f"It does not start: port {port} is taken, or the weights are none.") from error
        self.stdout.write(f"Set OPENAI_BASE_URL={server.listening_address}/v1 and OPENAI_MODEL={local_model.NAME}")
        stop.wait()
