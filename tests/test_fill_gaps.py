"""Loading only what is missing, stale or superseded, as a client asks for it: POST /operations, run by the workers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from operations.models import Operation
from operations.states import Status
from tests.api.conftest import Caller, alice
from tests.operations.conftest import run_queue, settle
from tests.serving import registered
from tests.workers.roll_files import serving
from workers import counties, data_quality, florida_data
from workers.florida_data.layouts import FileType, Stage
from workers.florida_data.sample.portal import application
from workers.florida_data.sample.rolls import Roll, write_roll
from workers.florida_data.sample.standard import SampleSet
from workers.models import Release

__all__ = ["alice", "run_queue", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

ASKED = {"counties": ["Union", "Liberty"], "file_types": ["NAL", "SDF"], "source": "sample"}
Load = Callable[..., Operation]


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The two real workers take the place of the test worker."""
    with registered(florida_data.worker, data_quality.worker) as url:
        yield url


@pytest.fixture
def portal(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The sample portal with two counties' rolls, over real HTTP; ``DATA_URL`` is the test's own."""
    settings.DATA_URL = f"file://{tmp_path / 'data'}"
    rolls = tmp_path / "rolls"
    SampleSet({"Union": 40, "Liberty": 40}, ("NAL", "SDF")).write(rolls)
    with serving(application(rolls)) as url:
        settings.FLORIDA_SAMPLE_URL = url
        yield rolls


@pytest.fixture
def load(alice: Caller, settle: Callable[..., Operation]) -> Load:
    """Post a load of what is not loaded yet, and run it until it rests."""

    def post(**parameters: Any) -> Operation:
        body = {"operation_type": "data_pipeline", "parameters": ASKED | {"only": "gaps"} | parameters}
        response = alice.send("/operations", body, Prefer="respond-async")
        assert response.status_code == 202, response.json()
        return settle(Operation.objects.get(pk=response.json()["operation_id"]))

    return post


def result_of(operation: Operation) -> Any:
    assert operation.status == Status.COMPLETED, (operation.error, operation.confidence)
    return operation.result


def labels(operation: Operation) -> list[str]:
    return [file["label"] for file in result_of(operation)["files"]]


def replace(rolls: Path, kind: FileType, name: str, *, stage: Stage = "P") -> None:
    roll = Roll(counties.find("Union"), 44, stage=stage, seed=11)
    write_roll(roll, kind, rolls / kind / f"2025{stage}" / name)


def rows_loaded(table: str) -> int:
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}_current")
        return int(cursor.fetchone()[0])


def test_the_first_run_loads_all_and_the_second_nothing_and_says_so(portal: Path, load: Load) -> None:
    first = result_of(load())
    second_run = load()
    second = result_of(second_run)

    assert first["files_downloaded"] == 4
    assert first["gaps"] == "4 of 4 rolls offered are to be loaded: 4 missing."
    assert first["records_uploaded"] == rows_loaded("nal") + rows_loaded("sdf") > 0
    assert (second["files_downloaded"], second["records_uploaded"], second["files"]) == (0, 0, [])
    assert second["gaps"] == "Nothing to load: of the 4 rolls offered none is missing, stale or superseded."
    assert set(second_run.steps.values_list("status", flat=True)) == {"completed"}
    assert Release.objects.count() == 4


def test_a_replaced_file_alone_is_loaded(portal: Path, load: Load) -> None:
    load()
    replace(portal, "NAL", "Union 73 Preliminary NAL 2025.zip")

    changed = load()

    assert labels(changed) == ["Union NAL 2025P"]
    assert result_of(changed)["gaps"] == "1 of 4 rolls offered are to be loaded: 1 stale."
    assert rows_loaded("nal") == 84
    assert labels(load()) == []


def test_a_final_alone_is_loaded_where_the_preliminary_was(portal: Path, load: Load) -> None:
    load()
    replace(portal, "NAL", "Union 73 Final NAL 2025.zip", stage="F")

    assert labels(load()) == ["Union NAL 2025F"]
    assert labels(load()) == []
    states = Release.objects.filter(county_no=73, file_type="NAL").values_list("stage", "state")
    assert set(states) == {("P", "superseded"), ("F", "loaded")}


def test_what_is_neither_loaded_nor_offered_waits_for_a_person(portal: Path, load: Load) -> None:
    operation = load(counties=["Union", "Duval"])

    assert operation.status == Status.ESCALATING
    assert [entry["county"] for entry in operation.result["missing"]] == ["Duval", "Duval"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("operation_type", "parameters", "field", "words"),
    [
        ("data_pipeline", {"only": "all"}, "parameters.only", "only must be one of gaps"),
        ("data_pipeline", {"only": "gaps", "test": True}, "parameters.only", "test loads nothing"),
        ("data_validation", {"only": "gaps"}, "parameters.only", "There is no parameter 'only'"),
    ],
)
def test_other_uses_of_the_parameter_are_refused(
    alice: Caller, operation_type: str, parameters: dict[str, Any], field: str, words: str
) -> None:
    body = {"operation_type": operation_type, "parameters": {"counties": ["Union"], **parameters}}

    response = alice.send("/operations", body)

    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert error["field"] == field
    assert words in response.json()["detail"] + error.get("detail", "") + error.get("message", "")
