"""The sweeper, the workers and the language model: whether each is there, and takes our key."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import urllib3
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Max
from django.utils import timezone

from concord.doctor.finding import Finding, error, ok, warning
from workers import client, llm
from workers.llm_http import OPENAI
from workers.models import RegisteredWorker

QUIET = timedelta(seconds=60)  # the sweeper asks every worker each ten seconds


def worker(name: str, url: str) -> Callable[[], Iterator[Finding]]:
    """The check of the worker ``name``: where it is registered, else at ``url``."""

    def look() -> Iterator[Finding]:
        row = _registered().get(name)
        if row and not row.enabled:
            yield warning(f"worker {name}", "it is switched off", "switch it on at /console/workers if it is wanted")
        else:
            yield _answer(name, row.url if row else url)

    return look


def other_workers() -> Iterator[Finding]:
    """Those that were registered beside the workers of the settings."""
    for name, row in _registered().items():
        if name not in settings.WORKER_URLS and row.enabled:
            yield _answer(name, row.url)


def _registered() -> dict[str, RegisteredWorker]:
    """What the database says; nothing where it says nothing, for that is another finding."""
    try:
        return {row.name: row for row in RegisteredWorker.objects.defer("manifest")}
    except DatabaseError:
        return {}


def _answer(name: str, url: str) -> Finding:
    """How the worker answers, and whether it takes our token."""
    about, remedy = f"worker {name}", f"start `manage.py worker {name}`, or mend its address ({url})"
    try:
        health = client.health(url)
    except client.Unreachable as problem:
        return error(about, str(problem), remedy)
    if (other := health.get("worker")) != name:
        return error(about, f"{url} is the worker {other}", remedy)
    try:
        actions = client.manifest(url).get("actions", [])
    except client.Unreachable as problem:
        return error(about, f"its manifest: {problem}", "give it the same WORKER_TOKEN as here")
    return ok(about, f"{health.get('version')} at {url}, {len(actions)} actions")


def sweeper() -> Iterator[Finding]:
    """It leaves a trace: when it last asked a worker how it is."""
    last = RegisteredWorker.objects.filter(enabled=True).aggregate(last=Max("checked_at"))["last"]
    if last is None:
        yield error("sweeper", "it has never asked a worker", "start `manage.py sweeper`")
        return
    ago = timezone.now() - last
    words = f"it last asked a worker {ago.total_seconds():.0f} s ago"
    yield error("sweeper", words, "start `manage.py sweeper`") if ago > QUIET else ok("sweeper", words)


def model() -> Iterator[Finding]:
    """The language model's server: it is asked for its list of models, which costs nothing."""
    if not llm.configured():
        yield ok("language model", "none is configured: rules make the plans")
        return
    url = f"{(settings.OPENAI_BASE_URL or OPENAI).rstrip('/')}/models"
    headers = {"Authorization": f"Bearer {settings.OPENAI_API_KEY}"} if settings.OPENAI_API_KEY else {}
    with urllib3.PoolManager(retries=False, timeout=4.0) as http:
        answer = http.request("GET", url, headers=headers, redirect=False)
    if answer.status in (401, 403):
        yield error("language model", f"{url} refuses the key", "mend OPENAI_API_KEY")
    elif answer.status != 200:
        yield warning("language model", f"{url} answered {answer.status}", "see whether OPENAI_BASE_URL ends in /v1")
    else:
        yield _named([str(entry.get("id")) for entry in answer.json().get("data") or []], url)


def _named(there: list[str], url: str) -> Finding:
    if there and settings.OPENAI_MODEL not in there:
        found = f"{url} does not list {settings.OPENAI_MODEL!r}"
        return warning("language model", found, f"set OPENAI_MODEL to one of {', '.join(there[:5])}")
    return ok("language model", f"{settings.OPENAI_MODEL} at {url}")
