"""NAV files go through the same pipeline as the rolls, where they are asked for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from operations import acts
from operations.models import Operation
from operations.planning import types
from operations.planning.types import BadParameters
from operations.states import Status
from tests.operations.conftest import run_queue, settle
from tests.test_refuse_bad_rolls import plant_url
from workers.models import Release

__all__ = ["plant_url", "run_queue", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def submit(**parameters: Any) -> Operation:
    given = {"operation_type": "data_pipeline", "parameters": {"source": "sample", **parameters}}
    return acts.submit(given, None)[0]


def planned(operation: Operation) -> list[str]:
    """The types of files that its plan looks for."""
    assert operation.result
    [discover] = [step for step in operation.result["plan"]["steps"] if step["action"] == "discover"]
    return discover["arguments"]["file_types"]


def rows(table: str) -> int:
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}_current")
        return cursor.fetchone()[0]


def test_both_files_of_a_county_are_loaded_and_counted(settle: Callable[..., Operation]) -> None:
    operation = settle(submit(counties=["Duval"], file_types=["NAV"]))

    assert operation.status == Status.COMPLETED, operation.confidence
    assert operation.result
    assert operation.result["files_downloaded"] == 2
    assert rows("nav_n") == 1_200
    assert operation.result["records_uploaded"] == rows("nav_n") + rows("nav_d")


def test_a_county_that_publishes_one_of_the_pair_needs_no_person(settle: Callable[..., Operation]) -> None:
    operation = settle(submit(counties=["Broward"], file_types=["NAV"]))

    assert operation.status == Status.COMPLETED, operation.confidence
    assert [release.file_type for release in Release.objects.filter(state="loaded")] == ["NAVN"]


def test_unless_they_are_asked_for_the_three_rolls_are_meant(settle: Callable[..., Operation]) -> None:
    operation = submit(counties=["Broward"], plan_only=True)

    settle(operation)

    assert planned(operation) == ["NAL", "SDF", "NAP"]


@pytest.mark.parametrize(("asked", "meant"), [(["NAV", "NAVN"], ["NAVN", "NAVD"]), (["NAVD", "SDF"], ["NAVD", "SDF"])])
def test_one_of_the_pair_may_be_asked_for_by_itself(
    settle: Callable[..., Operation], asked: list[str], meant: list[str]
) -> None:
    operation = submit(counties=["Broward"], file_types=asked, plan_only=True)

    settle(operation)

    assert planned(operation) == meant


def test_other_types_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadParameters, match="'NAX' is no file type; there are NAL, SDF, NAP, NAV, NAVN, NAVD") as wrong:
        types.check("data_pipeline", {"counties": ["Broward"], "file_types": ["SDF", "NAX"]})

    assert wrong.value.field == "parameters.file_types.1"
