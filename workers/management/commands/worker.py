"""`manage.py worker NAME`: serve one of the workers until a signal ends it."""

import contextlib
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from workers import catalogue
from workers.models import CallRecord
from workers.service.server import Server, listen


class Command(BaseCommand):
    help = "Serve one worker over HTTP, as the worker contract says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help=f"one of {', '.join(catalogue.PATHS)}")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (loopback)")
        parser.add_argument("--port", type=int, help="the port (each worker has its own by default; 0: any free one)")

    def handle(self, *args: Any, name: str, host: str, port: int | None, **options: Any) -> None:
        try:
            worker = catalogue.load(name)
        except catalogue.UnknownWorker as error:
            raise CommandError(str(error)) from error
        require_records()
        listener = _listen(host, settings.WORKER_PORTS[name] if port is None else port)
        self.stdout.write(f"{name} {worker.version} listens on http://{host}:{listener.getsockname()[1]}")
        self.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            Server(worker, listener).run()


def require_records() -> None:
    """Raise `CommandError` unless the warehouse has the table of call records."""
    warehouse = connections["warehouse"]
    try:
        tables = warehouse.introspection.table_names()
    except DatabaseError as error:
        raise CommandError(f"The warehouse database (WAREHOUSE_URL) does not answer: {error}") from error
    finally:
        warehouse.close()
    if CallRecord._meta.db_table not in tables:
        raise CommandError("The warehouse has no tables yet: run `manage.py migrate --database warehouse` first.")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise CommandError(f"Cannot listen on {host} port {port}: {reason}.") from error
