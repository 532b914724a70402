"""Each test begins with empty tables: Django empties those of its models alone."""

import pytest
from django.db import connections

from workers.sunbiz.tables import TABLES


@pytest.fixture
def warehouse(transactional_db: None) -> None:
    """The warehouse, with nothing in the tables of the Division's files."""
    with connections["warehouse"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table.name}")
