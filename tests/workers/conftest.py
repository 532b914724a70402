"""A place of its own for each test of the workers' files."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    """A folder that holds what the settings place under CONCORD_VAR, stored data included."""
    settings.VAR = tmp_path
    settings.DATA_URL = f"file://{tmp_path / 'data'}"
    return tmp_path
