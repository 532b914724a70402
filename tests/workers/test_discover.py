"""What a source offers: the sample portal over real HTTP, folders, and who may be asked at all."""

import pytest

from tests.workers.roll_files import make_csv, make_zip, run, serving
from workers import counties
from workers.contract import ActionError, InvalidParameters, TryLater
from workers.florida_data.sample.portal import NOT_FOUND_PAGE, application
from workers.florida_data.sample.rolls import Roll, write_roll
from workers.florida_data.sample.standard import SampleSet


@pytest.fixture
def rolls(tmp_path):
    """A folder of small rolls as the portal arranges them: Broward, Saint Johns and Lee, preliminary."""
    folder = tmp_path / "rolls"
    SampleSet({"Broward": 20, "Saint Johns": 20, "Lee": 20}, ("NAL", "SDF")).write(folder)
    return folder


@pytest.fixture
def portal(place, rolls, settings):
    """The sample portal over ``rolls``, as the source ``sample``."""
    with serving(application(rolls)) as url:
        settings.FLORIDA_SAMPLE_URL = url
        yield url


def labels(found):
    return [file["label"] for file in found["files"]]


def test_the_portals_files_are_listed_with_their_counties(portal):
    found = run("discover", counties=["st. johns", 16, "12071"], file_types=["SDF"], source="sample")

    assert labels(found) == ["Broward SDF 2025P", "Lee SDF 2025P", "Saint Johns SDF 2025P"]
    assert found["missing"] == found["unrecognised"] == []
    [broward, lee, saint_johns] = found["files"]
    assert (broward["name"], saint_johns["county_no"]) == ("Broward Preliminary SDF 2025.zip", 65)
    assert "66" in saint_johns["name"]
    assert lee["etag"].startswith('"{')
    assert lee["bytes"] > 0


def test_what_the_portal_lacks_is_named(portal):
    found = run("discover", counties=["Lee", "Duval"], file_types=["NAL", "NAP"], source="sample")

    assert labels(found) == ["Lee NAL 2025P"]
    missing = [(entry["county"], entry["file_type"]) for entry in found["missing"]]
    assert missing == [("Lee", "NAP"), ("Duval", "NAL"), ("Duval", "NAP")]
    assert "lists no NAP file" in found["missing"][0]["reason"]


def test_all_counties_are_looked_for_if_none_is_named(portal):
    found = run("discover", file_types=["NAL"], source="sample")

    assert len(found["files"]) == 3
    assert len(found["missing"]) == 64


def test_a_final_roll_supersedes_the_preliminary_one_unless_a_stage_is_asked_for(portal, rolls):
    roll = Roll(counties.find("Lee"), 20, stage="F")
    write_roll(roll, "NAL", rolls / "NAL" / "2025F" / "Lee 46 Final NAL 2025.zip")

    newest = run("discover", counties=["Lee", "Broward"], file_types=["NAL"], source="sample")
    preliminary = run("discover", counties=["Lee"], file_types=["NAL"], source="sample", stage="P")

    assert labels(newest) == ["Broward NAL 2025P", "Lee NAL 2025F"]
    assert labels(preliminary) == ["Lee NAL 2025P"]


def test_the_newest_year_wins_unless_a_year_is_asked_for(portal, rolls):
    roll = Roll(counties.find("Lee"), 20, year=2026)
    write_roll(roll, "NAL", rolls / "NAL" / "2026P" / "Lee 46 Preliminary NAL 2026.zip")

    assert labels(run("discover", counties=["Lee"], file_types=["NAL"], source="sample")) == ["Lee NAL 2026P"]
    assert labels(run("discover", counties=["Lee"], file_types=["NAL"], source="sample", year=2025)) == [
        "Lee NAL 2025P"
    ]


def test_the_staff_folder_is_not_looked_into(portal, rolls):
    make_zip(rolls / "~staff" / "Duval 26 Preliminary NAL 2025.zip", b"secret", "NAL26P202501.csv")

    with pytest.raises(ActionError, match="has no NAL file of Duval"):
        run("discover", counties=["Duval"], file_types=["NAL"], source="sample")


def test_nothing_at_all_is_an_error_that_says_what_was_looked_for_and_where(portal):
    with pytest.raises(ActionError) as refused:
        run("discover", counties=["Duval"], file_types=["SDF"], source="sample", year=2031)

    assert all(word in str(refused.value) for word in ("Duval", "SDF", "2031", portal))


def test_a_portal_that_answers_with_a_page_is_told_from_a_listing(place, settings):
    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": NOT_FOUND_PAGE.encode()})

    with serving(page) as url:
        settings.FLORIDA_PORTAL_URL = url
        with pytest.raises(ActionError, match="text/html instead of a listing"):
            run("discover", counties=["Lee"], source="portal")


@pytest.mark.parametrize(("status", "error"), [(500, TryLater), (503, TryLater), (429, TryLater), (403, ActionError)])
def test_a_portal_in_trouble_is_tried_again_and_one_that_refuses_is_not(place, settings, status, error):
    async def trouble(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": [(b"retry-after", b"7")]})
        await send({"type": "http.response.body", "body": b""})

    with serving(trouble) as url:
        settings.FLORIDA_PORTAL_URL = url
        with pytest.raises(error, match=str(status)) as raised:
            run("discover", counties=["Lee"], source="portal")

    assert type(raised.value) is not TryLater or raised.value.retry_after == 7


def test_a_portal_that_is_away_is_tried_again(place, settings):
    settings.FLORIDA_PORTAL_URL = "http://127.0.0.1:1"

    with pytest.raises(TryLater, match="did not answer"):
        run("discover", counties=["Lee"], source="portal")


def test_in_a_folder_the_member_tells_where_the_zips_name_does_not(place):
    make_zip(place / "inbox" / "from the appraiser.zip", make_csv("SDF", 20), "SDF16P202501.csv")
    make_zip(place / "inbox" / "broward_nap_2025.zip", make_csv("NAP", 20), "NAP16P202502.csv")
    (place / "inbox" / "NAL46F202601.csv").write_bytes(b"")
    (place / "inbox" / "notes.txt").write_text("call them")

    found = run("discover", source="inbox")

    assert labels(found) == ["Broward NAP 2025P", "Broward SDF 2025P", "Lee NAL 2026F"]
    assert found["unrecognised"] == ["notes.txt"]


def test_a_folder_of_the_settings_is_a_source_and_so_is_what_lies_beneath(place, rolls, settings):
    settings.FLORIDA_SOURCES = {"archive": f"file://{rolls}"}

    assert len(run("discover", source="archive")["files"]) == 6
    assert len(run("discover", source=f"{rolls}/SDF", file_types=["SDF"])["files"]) == 3


@pytest.mark.parametrize(
    "source", ["elsewhere", "http://example.com/rolls", "/etc", "file:///etc", "{place}/inbox/../..", "{place}/inboxes"]
)
def test_anything_else_is_refused_with_the_names_of_the_sources(place, source):
    with pytest.raises(InvalidParameters) as refused:
        run("discover", source=source.format(place=place))

    assert "portal, sample, inbox" in str(refused.value)


def test_an_unknown_county_is_refused_by_name(place):
    with pytest.raises(InvalidParameters, match="'Browerd' is no county of Florida: did you mean Broward"):
        run("discover", counties=["Browerd"], source="inbox")


def test_without_a_portal_the_sample_is_made_when_it_is_asked_for(place):
    found = run("discover", counties=["Liberty", "Duval"], source="sample")

    assert len(found["files"]) == 6
    assert (place / "sample" / "NAL" / "2025P" / "Duval 26 Preliminary NAL 2025.zip").is_file()
