"""Reviewers at their browsers, by way of Django's test client."""

from typing import Any

import pytest
from django.test import Client

from tests.make import make_reviewer
from tests.operations import plant
from workers import florida_data
from workers.models import RegisteredWorker


@pytest.fixture
def rita(db: None) -> Client:
    return signed_in("rita")


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in("bob")


def signed_in(name: str) -> Client:
    browser = Client()
    browser.force_login(make_reviewer(name))
    return browser


@pytest.fixture
def workers(db: None) -> None:
    """The test worker and that of the rolls, as they once described themselves."""
    for worker in (plant.worker, florida_data.worker):
        RegisteredWorker.objects.create(name=worker.name, url="http://127.0.0.1:9", manifest=worker.manifest())


@pytest.fixture
def time_to_undo(settings: Any) -> None:
    """Decisions can be taken back for five seconds."""
    settings.UNDO_SECONDS = 5
