"""Troubles to find, and execute_self_healing as callers look for them and have them mended."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from operations.models import Operation
from tests.make import make_key, make_operation
from tests.workers.ai_ml.make import Json, run
from tests.workers.rolls import make_processed
from workers import registry
from workers.ai_ml.healing.catalogue import REMEDIES
from workers.contract import Call
from workers.florida_data.upload import upload
from workers.models import Release

RING, RESET, DROP, REFRESH = REMEDIES


@pytest.fixture
def concord(live_server: Any, settings: Settings) -> Iterator[str]:
    """The address of a Concord that lets the worker mend."""
    registry.forget()
    settings.CONCORD_URL = live_server.url
    settings.CONCORD_API_KEY = make_key("read_all", "mend", name="ai_ml")[1]
    yield live_server.url
    registry.forget()


def look(*remedies: str, **parameters: Any) -> list[Json]:
    return run("execute_self_healing", remedies=list(remedies), **parameters)["findings"]


def mend(*findings: Json, **parameters: Any) -> list[Json]:
    done = run("execute_self_healing", act_on=list(findings), dry_run=False, **parameters)["done"]
    return [{"outcome": one["outcome"], "words": one["words"]} for one in done]


def finding(remedy: str, target: str) -> Json:
    return {"remedy": remedy, "target": target, "words": "It was found."}


def make_stuck(**fields: Any) -> Operation:
    operation = make_operation()
    two_minutes_ago = timezone.now() - timedelta(minutes=2)
    told = {"wake_at": two_minutes_ago, "updated_at": two_minutes_ago} | fields
    Operation.objects.filter(pk=operation.pk).update(**told)
    return operation


def make_loaded(**fields: Any) -> Release:
    processed = make_processed(**fields)
    upload.run(Call(), {"processed": processed})
    return Release.objects.get(release=processed["release"])


def make_orphan(days: float = 2, **fields: Any) -> Release:
    """A release whose loading began so many days ago, and never ended; on PostgreSQL as a dump may bring it."""
    release = make_loaded(**({"seed": 5} | fields))
    Release.objects.filter(pk=release.pk).update(state="staged", created_at=timezone.now() - timedelta(days=days))
    release.refresh_from_db()
    return release


def make_stale(days: float = 60, **fields: Any) -> Release:
    release = make_loaded(**fields)
    Release.objects.filter(pk=release.pk).update(loaded_at=timezone.now() - timedelta(days=days))
    return release
