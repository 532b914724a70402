"""What administrators and reviewers do about a worker, each entered in the admin's history of it."""

import logging
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from operations import live
from operations.audit import recording as audit
from workers import registry
from workers.models import RegisteredWorker

logger = logging.getLogger(__name__)


class NothingToDo(Exception):
    """The worker is not as it was seen any more; the text says how it is."""


def switch(name: str, user: Any, *, on: bool) -> None:
    """Let a worker be called, or not. Raises `NothingToDo` where it is so already."""
    with transaction.atomic():
        if not RegisteredWorker.objects.filter(pk=name, enabled=not on).update(enabled=on):
            raise NothingToDo(f"The worker {name} is switched {'on' if on else 'off'} already.")
        audit.record("worker.change", ("registeredworker", name), before={"enabled": not on}, after={"enabled": on})
        _record(name, user, "Switched on" if on else "Switched off")


def ask_again(name: str, user: Any) -> RegisteredWorker:
    """Ask a worker for its health and for its manifest, even where its version is the same; return it as it is now."""
    worker = RegisteredWorker.objects.get(pk=name)
    registry.refresh(worker, anew=True)
    with transaction.atomic():
        _record(name, user, f"Asked for its manifest: {worker.error or 'healthy'}"[:500])
    return worker


def reset(name: str, user: Any, failures: int) -> None:
    """Close the circuit of a worker that was seen with so many failed calls in a row. Raises `NothingToDo`."""
    with transaction.atomic():
        if not registry.close(name, failures):
            raise NothingToDo(f"The worker {name} does not have {failures} failed calls in a row any more.")
        audit.record("worker.reset", ("registeredworker", name), before={"failures": failures}, after={"failures": 0})
        _record(name, user, f"Circuit closed after {failures} failed calls")


def _record(name: str, user: Any, words: str) -> None:
    rows = RegisteredWorker.objects.filter(pk=name)
    LogEntry.objects.log_actions(user.pk, rows, CHANGE, words)
    logger.info("A person acted on a worker", extra={"worker": name, "actor": f"person:{user.pk}"})
    transaction.on_commit(registry.forget)
    live.announce_workers()
