"""`manage.py up`: everything on this machine, looked after until Ctrl-C."""

import fcntl
import signal
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from concord import local_run, redis_server, sample_run, worker_keys
from concord.first_run import ADMIN, REVIEWER, Credentials, create_accounts
from concord.local_run import Component
from concord.supervisor import Supervisor

READY_SECONDS = 120


class Command(BaseCommand):
    help = "Run Concord on this machine: web, queue workers, sweeper, workers, Redis, and a portal with sample rolls."
    requires_system_checks = ()  # each child makes them; here, what is wrong with the machine is one sentence

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web; workers and portal take the next seven")
        parser.add_argument("--queue-workers", type=int, default=settings.QUEUE_WORKERS)
        parser.add_argument("--no-sample", action="store_true", help="do not load the sample rolls on the first run")

    def handle(self, *args: Any, port: int, queue_workers: int, no_sample: bool, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            with ExitStack() as stack:
                stack.enter_context(only_run())
                own_redis = settings.REDIS_IS_PRIVATE and stack.enter_context(redis_server.claimed(settings.REDIS_URL))
                parts = local_run.components(port, queue_workers=queue_workers, own_redis=own_redis)
                local_run.check_ports(parts)
                self.run(parts, local_run.url(port), sample=not no_sample)
        except (local_run.PortTaken, redis_server.RedisUnavailable) as error:
            raise CommandError(str(error)) from error

    def run(self, parts: list[Component], url: str, *, sample: bool) -> None:
        """Start all, show the way in, and look after the processes until somebody interrupts."""
        supervisor = Supervisor(settings.LOG_DIR, self.say, cwd=settings.BASE_DIR)
        try:
            migrate()
            worker_keys.register()
            self.say("Starting:")
            self.start(supervisor, [part for part in parts if part.port or part.child.rank == local_run.REDIS])
            # The sweeper asks the workers for their health when it starts, and then seldom: by now they answer.
            self.start(supervisor, [part for part in parts if part.child not in supervisor.children])
            credentials = create_accounts()
            connections.close_all()
            self.say(entrance(url, credentials))
            if credentials and sample:
                self.load_sample(supervisor, url, credentials.api_key)
            self.say("Ctrl-C stops everything.")
            supervisor.watch()
        except KeyboardInterrupt:
            self.say("Stopping.")
        finally:
            self.stop(supervisor)

    def start(self, supervisor: Supervisor, parts: list[Component]) -> None:
        """Start ``parts`` and say of each when it is up. Raises `CommandError` naming those that do not come up."""
        waiting = list(parts)

        def nothing_to_wait_for() -> bool:
            for part in [part for part in waiting if part.ready]:
                waiting.remove(part)
                self.say(f"  {part.name:<16} up  {local_run.url(part.port) if part.port else ''}".rstrip())
            return not waiting or any(part.child.keeps_stopping for part in waiting)

        supervisor.start(part.child for part in parts)
        supervisor.watch(nothing_to_wait_for, READY_SECONDS)
        if waiting:
            names = ", ".join(part.name for part in waiting)
            raise CommandError(f"Not ready: {names}. Their logs in {settings.LOG_DIR} say more.")

    def load_sample(self, supervisor: Supervisor, url: str, key: str) -> None:
        """Show a newcomer operations that complete, and one that ends in front of a person."""
        run = sample_run.SampleRun(url, key, say=self.say, pause=lambda: supervisor.watch(seconds=0.3))
        try:
            for sample in sample_run.SAMPLES:
                operation = run.do(sample)
                for line in sample_run.summary(operation):
                    self.say(f"  {line}")
                self.say(f"  {url}{operation['links']['console']}")
                if question := run.question(operation):
                    self.say(f"  A person has to decide. {question['message']}")
                    self.say(f"  {url}{question['links']['console']}")
                self.say("")
        except sample_run.SampleFailed as error:
            self.say(f"The sample was not loaded. {error}")

    def stop(self, supervisor: Supervisor) -> None:
        try:
            supervisor.stop()
        except KeyboardInterrupt:  # asked twice: at once, then
            supervisor.stop()
        self.say("Stopped.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def migrate() -> None:
    """Bring both databases up to date."""
    for database in ("default", "warehouse"):
        call_command("migrate", database=database, verbosity=0)


def entrance(url: str, credentials: Credentials | None) -> str:
    """Where the system is; on the first run also the secrets, which are shown only then."""
    lines = ["", f"Concord serves on {url}", f"  review console  {url}/console/", f"  API             {url}/docs"]
    if credentials:
        lines += [
            "",
            "Yours, shown only now:",
            f"  log-in          {ADMIN} / {credentials.admin_password}",
            f"                  {REVIEWER} / {credentials.reviewer_password}",
            f"  API key         {credentials.api_key}",
        ]
    return "\n".join([*lines, ""])


@contextmanager
def only_run() -> Iterator[None]:
    """Hold the installation's lock, or raise `CommandError`: two runs would share one folder."""
    with (settings.VAR / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"Concord already runs in {settings.VAR}: stop it first, or name another folder with CONCORD_VAR."
            ) from error
        yield


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
