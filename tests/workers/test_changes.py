"""What changed at a source since the last load, and which rolls have to be loaded for it."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.utils import timezone
from pytest_django import Settings

from tests.workers.roll_files import Json, make_csv, make_zip, run, serving
from workers import counties
from workers.contract import ActionError, TryLater
from workers.florida_data.layouts import Stage
from workers.florida_data.sample.portal import application
from workers.florida_data.sample.rolls import Roll, write_roll
from workers.florida_data.sample.standard import SampleSet
from workers.models import Release
from workers.warehouse import releases

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

ASKED: Json = {"counties": ["Lee", "Broward"], "file_types": ["SDF"], "source": "sample"}


@pytest.fixture
def rolls(place: Path) -> Path:
    """A folder of small sale files as the portal arranges them: Broward and Lee, preliminary."""
    folder = place / "rolls"
    SampleSet({"Broward": 20, "Lee": 20}, ("SDF",)).write(folder)
    return folder


@pytest.fixture(params=["portal", "folder"])
def sample(request: pytest.FixtureRequest, rolls: Path, settings: Settings) -> Iterator[Path]:
    """``rolls`` as the source ``sample``: over real HTTP, and as a folder."""
    if request.param == "folder":
        settings.FLORIDA_SAMPLE_URL = f"file://{rolls}"
        yield rolls
        return
    with serving(application(rolls)) as url:
        settings.FLORIDA_SAMPLE_URL = url
        yield rolls


def load(files: list[Json]) -> list[str]:
    """Load these files as the pipeline does, without a person. Returns the releases."""
    done = []
    for file in files:
        processed = run("process", download=run("download", file=file), level="permissive")
        done.append(run("upload", processed=processed)["release"])
    return done


def offered() -> list[Json]:
    return run("discover", **ASKED)["files"]


def changes() -> dict[str, str]:
    return {file["county"]: file["change"] for file in offered()}


def replace(rolls: Path, county: str = "Lee", *, stage: Stage = "P", seed: int = 7) -> Path:
    """Put another file in the place of the county's, or a final one beside it."""
    found = counties.find(county)
    words = "Final" if stage == "F" else "Preliminary"
    named = "Broward" if county == "Broward" else f"{county} {found.no}"
    path = rolls / "SDF" / f"2025{stage}" / f"{named} {words} SDF 2025.zip"
    assert stage == "F" or path.exists()
    write_roll(Roll(found, 25, stage=stage, seed=seed), "SDF", path)
    return path


def test_nothing_is_loaded_yet_so_all_is_new(sample: Path) -> None:
    found = run("discover", **ASKED)

    assert changes() == {"Broward": "new", "Lee": "new"}
    assert found["files"][0]["reason"] == "nothing of 2025 is loaded"
    assert found["changes"] == {"new": 2}
    assert found["words"] == "2 files offered: 2 new. To load: Broward SDF 2025P, Lee SDF 2025P."


def test_what_is_loaded_is_unchanged(sample: Path) -> None:
    load(offered())

    found = run("discover", **ASKED)

    assert found["words"] == "2 files offered: 2 unchanged."
    assert run("fill_gaps", **ASKED)["files"] == []


def test_what_was_downloaded_and_never_loaded_is_still_new(sample: Path) -> None:
    for file in offered():
        run("download", file=file)

    assert changes() == {"Broward": "new", "Lee": "new"}


def test_a_replaced_file_is_changed_until_it_is_loaded(sample: Path) -> None:
    load(offered())
    replace(sample)

    [gap] = run("fill_gaps", **ASKED)["files"]

    assert changes() == {"Broward": "unchanged", "Lee": "changed"}
    assert (gap["label"], gap["change"]) == ("Lee SDF 2025P", "changed")
    assert "another file than the one that was downloaded" in gap["reason"]
    run("download", file=gap)
    assert changes()["Lee"] == "changed", "downloaded is not loaded"
    load([gap])
    assert changes() == {"Broward": "unchanged", "Lee": "unchanged"}


def test_a_file_that_was_only_touched_is_loaded_once_more_at_the_most(sample: Path) -> None:
    load(offered())
    for path in sample.rglob("Lee*.zip"):
        os.utime(path, (1_900_000_000, 1_900_000_000))

    assert changes()["Lee"] == "changed"
    load(run("fill_gaps", **ASKED)["files"])
    assert changes()["Lee"] == "unchanged"
    assert Release.objects.count() == 2


def test_a_final_supersedes_the_preliminary_that_is_loaded(sample: Path) -> None:
    load(offered())
    replace(sample, stage="F")

    found = run("fill_gaps", **ASKED)

    assert [file["label"] for file in found["files"]] == ["Lee SDF 2025F"]
    assert found["files"][0]["reason"] == "2025P is loaded, F is offered"
    assert found["gaps"] == {"superseded": 1}
    assert found["words"] == "1 of 2 rolls offered are to be loaded: 1 superseded."
    load(found["files"])
    assert run("fill_gaps", **ASKED)["files"] == []


def test_a_preliminary_that_is_asked_for_beside_a_loaded_final_is_outdated(sample: Path) -> None:
    load(offered())
    replace(sample, stage="F")
    load(run("fill_gaps", **ASKED)["files"])

    [_, lee] = run("discover", **ASKED, stage="P")["files"]

    assert (lee["label"], lee["change"]) == ("Lee SDF 2025P", "outdated")
    assert run("fill_gaps", **ASKED, stage="P")["files"] == []


def test_what_a_person_withdrew_is_named_and_left_alone(sample: Path) -> None:
    load(offered())
    releases.withdraw(Release.objects.get(county_no=46), who="rita", reason="wrong prices")

    found = run("fill_gaps", **ASKED)

    assert changes() == {"Broward": "unchanged", "Lee": "withdrawn"}
    assert found["files"] == []
    assert "Withdrawn by a person, and left alone: Lee SDF 2025P." in found["words"]


def test_a_roll_that_came_from_elsewhere_is_unknown_and_stale_after_a_while(sample: Path) -> None:
    load(offered())
    shutil.rmtree(configured.VAR / "data" / "downloads")

    now = run("fill_gaps", **ASKED)
    Release.objects.update(loaded_at=timezone.now() - timedelta(days=50))
    later = run("fill_gaps", **ASKED)
    patient = run("fill_gaps", **ASKED, stale_after_days=60)

    assert changes() == {"Broward": "unknown", "Lee": "unknown"}
    assert now["files"] == patient["files"] == []
    assert "Loaded from an unknown file, not long ago: Broward SDF 2025P, Lee SDF 2025P." in now["words"]
    assert later["gaps"] == {"stale": 2}
    load(later["files"])
    assert changes() == {"Broward": "unchanged", "Lee": "unchanged"}


def test_a_file_of_unknown_origin_that_is_newer_than_the_load_is_changed(sample: Path) -> None:
    load(offered())
    shutil.rmtree(configured.VAR / "data" / "downloads")
    Release.objects.update(created_at=timezone.now() - timedelta(days=2))

    assert changes() == {"Broward": "changed", "Lee": "changed"}


def test_submissions_are_told_by_the_names_of_the_files(place: Path) -> None:
    def submit(number: str) -> None:
        (place / "inbox").mkdir(exist_ok=True)
        path = place / "inbox" / f"SDF16P2025{number}.csv"
        path.write_bytes(make_csv("SDF", 20, seed=int(number)))
        os.utime(path, (1_700_000_000, 1_700_000_000))

    asked: Json = {"counties": ["Broward"], "file_types": ["SDF"], "source": "inbox"}
    submit("01")
    load(run("fill_gaps", **asked)["files"])
    submit("02")

    [gap] = run("fill_gaps", **asked)["files"]

    assert gap["name"] == "SDF16P202502.csv"
    assert gap["reason"] == "submission 01 is loaded, 02 is offered"
    load([gap])
    (place / "inbox" / "SDF16P202502.csv").unlink()
    assert run("fill_gaps", **asked)["files"] == []
    assert run("discover", **asked)["changes"] == {"outdated": 1}


def test_the_next_year_is_missing_though_the_last_one_is_loaded(place: Path) -> None:
    asked: Json = {"counties": ["Broward"], "file_types": ["SDF"], "source": "inbox"}
    make_zip(place / "inbox" / "a.zip", make_csv("SDF", 20), "SDF16P202501.csv")
    load(run("fill_gaps", **asked)["files"])
    make_zip(place / "inbox" / "b.zip", make_csv("SDF", 20, year=2026), "SDF16P202601.csv")

    [gap] = run("fill_gaps", **asked)["files"]

    assert gap["reason"] == "nothing of 2026 is loaded, only 2025P"
    assert run("fill_gaps", **asked, year=2025)["files"] == []


def test_what_is_most_urgent_comes_first_and_the_rest_is_left(sample: Path) -> None:
    [broward, _] = offered()
    load([broward])
    replace(sample, "Broward")

    found = run("fill_gaps", **ASKED, most=1)

    assert [file["label"] for file in found["files"]] == ["Lee SDF 2025P"]
    assert (found["gaps"], found["left"]) == ({"missing": 1, "stale": 1}, 1)
    assert "1 of them are left for the next time" in found["words"]


def test_what_is_neither_loaded_nor_offered_is_missing(sample: Path) -> None:
    load(offered())
    for path in sample.rglob("Lee*.zip"):
        path.unlink()

    found = run("fill_gaps", counties=["Lee", "Broward", "Duval"], file_types=["SDF"], source="sample")

    assert [entry["county"] for entry in found["missing"]] == ["Duval"], "Lee is loaded"
    assert "Neither loaded nor offered: Duval SDF." in found["words"]


def test_gaps_have_the_shape_that_discover_s_files_have(sample: Path) -> None:
    assert run("fill_gaps", **ASKED)["files"] == offered()


def test_a_source_that_is_away_is_tried_again(place: Path, settings: Settings) -> None:
    settings.FLORIDA_SAMPLE_URL = "http://127.0.0.1:1"

    with pytest.raises(TryLater, match="did not answer"):
        run("fill_gaps", **ASKED)


def test_a_source_without_anything_of_it_is_an_error(sample: Path) -> None:
    with pytest.raises(ActionError, match="has no SDF file of Duval"):
        run("fill_gaps", counties=["Duval"], file_types=["SDF"], source="sample")


def test_a_damaged_note_is_no_note(sample: Path) -> None:
    load(offered())
    for note in (configured.VAR / "data" / "downloads").glob("*.json"):
        note.write_text("{")

    assert set(changes().values()) == {"unknown"}
    load(offered())
    assert set(changes().values()) == {"unchanged"}
