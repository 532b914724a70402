"""Reviewers with and without the rights about data, on a machine that may be slow."""

import pytest

from operations.data import reading
from tests.console.data_pages.make import signed_in
from tests.make import make_auditor, make_reviewer


@pytest.fixture(autouse=True)
def a_slow_machine_is_no_slow_search(monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 60)


@pytest.fixture
def rita():
    """A reviewer."""
    return signed_in(make_reviewer("rita"))


@pytest.fixture
def bob():
    """A reviewer without the rights about data."""
    return signed_in(make_auditor("bob"), "decide_escalation")
