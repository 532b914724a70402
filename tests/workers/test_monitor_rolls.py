"""monitor: the source's health, the gaps, the quality of the releases and the speed of the loads; each by itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings
from starlette.responses import HTMLResponse, JSONResponse

from tests.workers.roll_files import Json, run, serving
from workers.contract import ActionError
from workers.florida_data.sample.portal import NOT_FOUND_PAGE, application
from workers.florida_data.sample.standard import SampleSet
from workers.models import Release
from workers.warehouse.models import ReleaseState

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

ASKED: Json = {"counties": ["Lee", "Broward"], "file_types": ["SDF"], "source": "sample"}
NOW = timezone.now()


@pytest.fixture
def rolls(place: Path) -> Path:
    folder = place / "rolls"
    SampleSet({"Broward": 20, "Lee": 20}, ("SDF",)).write(folder)
    return folder


@pytest.fixture
def portal(rolls: Path, settings: Settings) -> Iterator[Path]:
    with serving(application(rolls)) as url:
        settings.FLORIDA_SAMPLE_URL = url
        yield rolls


@pytest.fixture
def no_warehouse(transactional_db: None) -> Iterator[None]:
    """The warehouse's table of releases is away for the length of the test."""
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {Release._meta.db_table} RENAME TO elsewhere")
    yield
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE elsewhere RENAME TO {Release._meta.db_table}")


def check(name: str, **parameters: Any) -> Json:
    [found] = run("monitor", **{**ASKED, "checks": [name], **parameters})["checks"]
    return found


def make_release(
    year: int = 2025,
    *,
    rows: int = 50_000,
    quarantined: int = 50,
    county: int = 46,
    kind: str = "SDF",
    seconds: float = 5,
    at: datetime = NOW,
    **fields: Any,
) -> Release:
    """A release that was loaded within so many seconds."""
    told: Json = {
        **{"release": f"{kind}-{county}-{year}P-01-{rows}", "dataset_sha256": f"{year}{rows}", "submission": 1},
        **{"file_type": kind, "county_no": county, "year": year, "stage": "P", "table": kind.lower()},
        **{"state": ReleaseState.LOADED, "rows": rows, "rows_quarantined": quarantined},
    }
    release = Release.objects.create(**(told | fields))
    Release.objects.filter(pk=release.pk).update(created_at=at, loaded_at=at + timedelta(seconds=seconds))
    return release


def load(file: Json) -> None:
    processed = run("process", download=run("download", file=file), level="permissive")
    run("upload", processed=processed)


def test_all_four_are_made_and_the_whole_is_as_the_worst(portal: Path) -> None:
    found = run("monitor", **ASKED)

    assert [one["check"] for one in found["checks"]] == ["health", "gaps", "quality", "performance"]
    assert [one["status"] for one in found["checks"]] == ["ok", "critical", "unknown", "unknown"]
    assert found["status"] == "critical"
    assert len(found["attention"]) == 3


def test_a_source_that_answers_with_its_rolls_is_well(portal: Path) -> None:
    found = check("health")

    assert found["status"] == "ok"
    assert found["figures"]["roll_files"] == found["figures"]["wanted"] == 2
    assert found["figures"]["seconds"] > 0
    assert found["words"].startswith("sample listed 2 roll files in ")


def test_a_page_instead_of_a_listing_is_critical_and_named(place: Path, settings: Settings) -> None:
    with serving(HTMLResponse(NOT_FOUND_PAGE)) as url:
        settings.FLORIDA_SAMPLE_URL = url
        found = check("health")

    assert found["status"] == "critical"
    assert "answered with text/html" in found["words"]
    assert "instead of a listing" in found["words"]


@pytest.mark.parametrize("answer", [{"error": {"code": "-2147024891"}}, [], "no"])
def test_json_that_is_no_listing_is_critical_and_named(place: Path, settings: Settings, answer: object) -> None:
    with serving(JSONResponse(answer)) as url:
        settings.FLORIDA_SAMPLE_URL = url
        found = check("health")

    assert found["status"] == "critical"
    assert "JSON that is no listing" in found["words"]


def test_a_listing_without_a_roll_is_critical(place: Path) -> None:
    assert check("health", source="inbox")["status"] == "critical"


def test_empty_files_and_strange_names_are_warned_of(place: Path) -> None:
    (place / "inbox").mkdir()
    (place / "inbox" / "SDF46P202501.csv").write_bytes(b"")
    for name in ("a.txt", "b.txt"):
        (place / "inbox" / name).write_text("?")

    found = check("health", source="inbox")

    assert found["status"] == "warn"
    assert "without a byte: SDF46P202501.csv" in found["words"]
    assert "2 names tell no county: a.txt, b.txt" in found["words"]


def test_a_source_that_is_away_spoils_only_what_needs_it(place: Path, settings: Settings) -> None:
    settings.FLORIDA_SAMPLE_URL = "http://127.0.0.1:1"
    make_release()

    found = run("monitor", **ASKED)

    assert {one["check"]: one["status"] for one in found["checks"]} == {
        "health": "critical",
        "gaps": "unknown",
        "quality": "unknown",
        "performance": "ok",
    }
    assert "did not answer" in found["checks"][1]["words"]


@pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)
def test_a_warehouse_that_is_not_set_up_spoils_only_what_needs_it(portal: Path, no_warehouse: None) -> None:
    found = run("monitor", **ASKED)

    assert [one["status"] for one in found["checks"]] == ["ok", "unknown", "unknown", "unknown"]
    assert all("the warehouse is not set up" in one["words"] for one in found["checks"][1:])


@pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)
def test_without_a_warehouse_discover_says_what_is_offered_and_that_the_rest_is_unknown(
    portal: Path, no_warehouse: None
) -> None:
    found = run("discover", **ASKED)

    assert [(file["county"], file["change"]) for file in found["files"]] == [("Broward", "unknown"), ("Lee", "unknown")]
    assert found["files"][0]["reason"] == "the warehouse does not answer"
    with pytest.raises(ActionError, match="the warehouse is not set up"):
        run("fill_gaps", **ASKED)


def test_gaps_are_counted_and_named(portal: Path) -> None:
    broward, _ = run("discover", **ASKED)["files"]
    load(broward)

    found = check("gaps", counties=["Lee", "Broward", "Duval"])

    assert found["status"] == "warn"
    assert found["figures"] == {
        **{"offered": 2, "missing": 1, "superseded": 0, "stale": 0, "not_offered": 1, "unknown": 0},
    }
    assert found["findings"] == [
        {"status": "warn", "label": "Lee SDF 2025P", "words": "missing: nothing of 2025 is loaded"}
    ]
    assert found["words"] == "2 rolls offered: 1 missing, 0 superseded, 0 stale; 1 neither loaded nor offered."


def test_without_gaps_all_is_well(portal: Path) -> None:
    for file in run("discover", **ASKED)["files"]:
        load(file)

    assert check("gaps")["status"] == "ok"


def test_a_release_like_those_before_it_is_good(place: Path) -> None:
    make_release(2024, rows=49_000)
    make_release()

    found = check("quality")

    assert (found["status"], found["findings"]) == ("ok", [])
    assert found["figures"]["comparable"] == 1
    assert found["figures"]["quarantined_share"] == pytest.approx(50 / 50_050, abs=1e-6)


@pytest.mark.parametrize(("quarantined", "status"), [(500, "warn"), (9_000, "critical")])
def test_more_quarantined_than_the_county_usually_has_is_told(place: Path, quarantined: int, status: str) -> None:
    make_release(2023, rows=50_001)
    make_release(2024)
    make_release(rows=50_000 - quarantined, quarantined=quarantined)

    found = check("quality")

    assert found["status"] == status
    assert found["findings"][0]["label"] == "Lee SDF 2025P"
    assert "0.10% is usual for this county" in found["findings"][0]["words"]


def test_a_county_that_always_has_many_is_not_reproached_for_it(place: Path) -> None:
    make_release(2024, quarantined=20_000)
    make_release(rows=50_100, quarantined=20_010)
    make_release(2024, county=16, quarantined=0)
    make_release(county=16, rows=50_100, quarantined=0)

    assert check("quality")["findings"] == []


@pytest.mark.parametrize(
    ("kind", "rows", "status"),
    [("NAL", 51_000, "ok"), ("NAL", 52_000, "warn"), ("NAL", 20_000, "critical"), ("SDF", 60_000, "ok")],
)
def test_the_rows_are_held_against_the_last_release_s(place: Path, kind: str, rows: int, status: str) -> None:
    make_release(2023, rows=90_000, kind=kind)
    make_release(2024, kind=kind)
    make_release(rows=rows, kind=kind)

    found = check("quality", file_types=[kind])

    assert found["status"] == status
    assert status == "ok" or "against the 50,050 of 2024P" in found["findings"][0]["words"]


def test_a_withdrawn_or_half_loaded_release_is_no_past(place: Path) -> None:
    make_release(2023, state=ReleaseState.WITHDRAWN, rows=10)
    make_release(2024, state=ReleaseState.STAGED, rows=10)
    make_release()

    found = check("quality")

    assert found["status"] == "unknown"
    assert "none of which has an earlier release" in found["words"]


def test_a_file_that_was_processed_twice_is_one_release(place: Path) -> None:
    make_release(state=ReleaseState.SUPERSEDED, quarantined=9_000)
    make_release(dataset_sha256="again")

    assert check("quality")["figures"]["comparable"] == 0


def test_the_speed_of_the_loads_is_told_and_the_slowest_by_name(place: Path) -> None:
    make_release(2024, rows=100_000, seconds=2)
    make_release(rows=50_000, seconds=10)
    make_release(rows=20, seconds=9, county=16)

    found = check("performance")

    assert found["status"] == "ok"
    assert found["figures"]["loads"] == 3
    assert found["figures"]["rows_per_second"] == pytest.approx(150_020 / 21, abs=0.1)
    assert [one["words"] for one in found["findings"]] == [
        "5,000 rows a second, 10.0 s",
        "50,000 rows a second, 2.0 s",
    ]
    assert found["words"] == "3 loads brought 150,020 rows, 7,144 a second."


def test_loads_that_became_much_slower_are_warned_of(place: Path) -> None:
    for n in range(12):
        make_release(2000 + n, seconds=1, at=NOW - timedelta(days=30 - n))
    for n in range(10):
        make_release(2012 + n, seconds=5, at=NOW + timedelta(minutes=n))

    found = check("performance")

    assert found["status"] == "warn"
    assert (found["figures"]["usual_rows_per_second"], found["figures"]["recent_rows_per_second"]) == (50_000, 10_000)
    assert "less than half as fast" in found["words"]


def test_a_year_that_is_asked_for_is_not_held_against_later_ones(place: Path) -> None:
    make_release(2024, rows=49_000)
    make_release(2025)
    make_release(2026, rows=500)

    assert check("quality", year=2025)["status"] == "ok"
    assert check("quality")["status"] == "critical"
