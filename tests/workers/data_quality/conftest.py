"""A table for each test that synchronizes one."""

from collections.abc import Iterator

import pytest

from tests.workers.data_quality.parcels import TABLE, execute


@pytest.fixture
def parcels(transactional_db: None) -> Iterator[None]:
    """An empty table in the warehouse."""
    execute("DROP TABLE IF EXISTS parcels")
    execute(TABLE)
    yield
    execute("DROP TABLE IF EXISTS parcels")
