"""track_completion: what is loaded and what is missing, county by county, and when the rest will be there."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.models import Operation, Step
from operations.states import Status
from tests.make import make_operation
from tests.workers.performance.conftest import Json, run
from workers.contract import InvalidParameters
from workers.warehouse.models import Release

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

HOUR = timedelta(hours=1)


def make_release(county_no: int, *, hours_ago: float = 1, minutes: float = 1, **fields: Any) -> Release:
    """A loaded release of a county, whose loading took so long and ended so many hours ago."""
    told = {"file_type": "NAL", "year": 2025, "stage": "P", "submission": 1, "state": "loaded", "rows": 1_000, **fields}
    name = f"{told['file_type']}-{county_no}-{told['year']}-{told['state']}"
    release = Release.objects.create(release=name, county_no=county_no, table="nal", **told)
    loaded_at = timezone.now() - hours_ago * HOUR
    began = loaded_at - timedelta(minutes=minutes)
    Release.objects.filter(pk=release.pk).update(
        created_at=began, loaded_at=None if told["state"] == "staged" else loaded_at
    )
    return release


def progress(**parameters: Any) -> Json:
    [dataset] = run("track_completion", datasets=["NAL"], **parameters)["datasets"]
    return dataset


def states(dataset: Json) -> dict[str, str]:
    return {county["county"]: county["state"] for county in dataset["counties"]}


def test_done_and_missing_are_told_by_county(concord: str) -> None:
    make_release(16, rows=900, rows_quarantined=5)
    make_release(26, rows=100)

    dataset = progress(counties=["Broward", "Duval", "Union"])

    assert states(dataset) == {"Broward": "done", "Duval": "done", "Union": "missing"}
    assert (dataset["year"], dataset["done"], dataset["missing"], dataset["share"]) == (2025, 2, 1, 0.6667)
    assert (dataset["rows"], dataset["rows_quarantined"]) == (1_000, 5)
    broward = dataset["counties"][0]
    assert (broward["county_no"], broward["rows"], broward["release"]) == (16, 900, "NAL-16-2025-loaded")
    assert broward["loaded_at"]


def test_an_earlier_year_is_outdated_and_arriving_rows_are_loading(concord: str) -> None:
    make_release(16, year=2025)
    make_release(26, year=2024)
    make_release(73, year=2025, state="staged")
    make_release(11, year=2024, state="superseded")

    dataset = progress(counties=["Broward", "Duval", "Union", "Alachua"])

    assert states(dataset) == {"Broward": "done", "Duval": "outdated", "Union": "loading", "Alachua": "missing"}
    assert "1 have an earlier year, 1 are being loaded, 1 are missing" in dataset["words"]


def test_the_year_asked_for_is_the_one_that_counts(concord: str) -> None:
    make_release(16, year=2025)
    make_release(16, year=2024)
    make_release(26, year=2024)

    assert states(progress(counties=[16, 26], year=2024)) == {"Broward": "done", "Duval": "done"}
    assert states(progress(counties=[16, 26])) == {"Broward": "done", "Duval": "outdated"}


def test_the_rate_gives_the_time_that_is_left(concord: str) -> None:
    for county_no, hours_ago in ((16, 3), (26, 2), (11, 1), (12, 0)):
        make_release(county_no, hours_ago=hours_ago, minutes=60)

    dataset = progress()

    # Four counties in the four hours since the first load began.
    assert dataset["counties_per_hour"] == pytest.approx(1, rel=0.01)
    assert dataset["rows_per_hour"] == pytest.approx(1_000, rel=0.01)
    assert dataset["seconds_left"] == pytest.approx(63 * 3_600, rel=0.01)
    assert dataset["finished_by"] > timezone.now().isoformat()
    assert "At 1 an hour the rest takes 2.6 days." in dataset["words"]


def test_without_a_recent_load_the_time_left_cannot_be_told(concord: str) -> None:
    make_release(16, hours_ago=30)

    dataset = progress()

    assert (dataset["counties_per_hour"], dataset["seconds_left"], dataset["finished_by"]) == (0, None, None)
    assert "cannot be told" in dataset["words"]
    assert progress(window_hours=48)["seconds_left"] > 0


def test_what_is_complete_needs_no_time(concord: str) -> None:
    make_release(16)
    make_release(26)

    found = run("track_completion", datasets=["NAL"], counties=["Broward", "Duval"])

    assert found["complete"] is True
    assert found["datasets"][0]["seconds_left"] == 0
    assert found["summary"] == ["NAL 2025: 2 of 2 counties are loaded."]


def test_an_empty_warehouse_lacks_all(concord: str) -> None:
    found = run("track_completion")

    assert found["complete"] is False
    assert found["summary"][0] == "NAL: nothing is loaded; 67 counties are missing."
    assert {dataset["missing"] for dataset in found["datasets"]} == {67}


def test_the_operations_that_load_now_are_told(concord: str) -> None:
    operation = make_operation()
    operation.move_to(Status.EXECUTING)
    for name, status in (("E2", "running"), ("E2[0]", "completed"), ("E2[1]", "running")):
        Step.objects.create(
            operation=operation, step_id=name, position=2, worker="florida_data", action="download", status=status
        )
    Operation.objects.filter(pk=make_operation().pk).update(status="completed")

    found = run("track_completion")

    assert found["under_way"] == [
        {"operation_id": operation.pk, "status": "executing", "steps_done": 1, "steps": 2}
    ]  # fmt: skip


def test_without_concord_the_releases_are_told_all_the_same(nobody: None) -> None:
    make_release(16)

    found = run("track_completion", datasets=["NAL"], counties=["Broward"])

    assert (found["complete"], found["under_way"]) == (True, [])
    assert "CONCORD_URL" in found["not_known"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"datasets": ["NAX"]}, "there is no dataset 'NAX'; there are NAL, NAP, SDF"),
        ({"counties": ["Brevar"]}, "did you mean Brevard"),
        ({"year": 25}, "1990"),
        ({"window_hours": 0}, "greater than 0"),
    ],
)
def test_what_is_not_known_is_named(parameters: Json, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words):
        run("track_completion", **parameters)
