"""Downloads over real HTTP: resumed, checked, stored once, and refused with a clear reason."""

import hashlib
import io
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.workers.faulty_server import breaks_off, says, serving_badly, whole
from tests.workers.roll_files import REAL, make_csv, make_sales, make_zip, real_data, run, serving
from workers import datasets
from workers.contract import ActionError, Call, Cancelled, InvalidParameters, TryLater
from workers.florida_data.sample.portal import NOT_FOUND_PAGE, application
from workers.florida_data.sample.standard import SampleSet


def zipped(*members):
    """A zip with these members (name, content), uncompressed, so that its size is known."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def source_file(url, name="Broward Preliminary SDF 2025.zip", **fields):
    """A file as `discover` would list it."""
    listed = {"label": "Broward SDF 2025P", "county_no": 16, "county": "Broward", "file_type": "SDF", "year": 2025}
    listed |= {"stage": "P", "name": name, "url": f"{url}/{name.replace(' ', '%20')}", "bytes": None}
    return listed | {"etag": "", "modified": "", "source": "web"} | fields


@pytest.fixture
def serve_badly(place, settings):
    """The faulty server as a configured source."""

    def serve(content, *answers):
        faulty = servers.enter_context(serving_badly(content, *answers))
        settings.FLORIDA_SOURCES = {"web": faulty.url}
        return faulty

    with ExitStack() as servers:
        yield serve


def stored(place):
    """The files beneath DATA_URL."""
    return sorted(path.name for path in (place / "data").rglob("*") if path.is_file())


def partials(place):
    return [path for path in (place / "partial").iterdir() if not path.suffix]


SALES = make_csv("SDF", 9_000)
GOOD = zipped(("SDF16P202501.csv", SALES))


def test_a_file_of_the_sample_portal_is_stored_under_its_release(place, settings, tmp_path):
    SampleSet({"Lee": 50}, ("SDF",)).write(tmp_path / "rolls")
    with serving(application(tmp_path / "rolls")) as url:
        settings.FLORIDA_SAMPLE_URL = url
        [file] = run("discover", counties=["Lee"], file_types=["SDF"], source="sample")["files"]
        first = run("download", file=file)
        second = run("download", file=file)

    assert first["release"] == f"SDF-46-2025P-01-{first['csv']['sha256'][:12]}"
    assert (first["unchanged"], second["unchanged"]) == (False, True)
    assert second | {"unchanged": False} == first
    assert first["archive"]["etag"] == file["etag"]
    with datasets.opened(first["archive"]["url"]) as archive:
        content = archive.read()
    assert hashlib.sha256(content).hexdigest() == first["archive"]["sha256"]
    assert len(content) == first["archive"]["bytes"] == file["bytes"]


def test_a_broken_download_goes_on_where_it_stopped(place, serve_badly):
    faulty = serve_badly(GOOD, breaks_off(100_000), whole)

    with pytest.raises(TryLater, match="stopped in the middle"):
        run("download", file=source_file(faulty.url))
    assert 0 < partials(place)[0].stat().st_size <= 100_000
    result = run("download", file=source_file(faulty.url))

    assert result["archive"]["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert faulty.requests[1]["If-Range"] == faulty.etag
    assert int(faulty.requests[1]["Range"].removeprefix("bytes=").removesuffix("-")) > 0
    assert not partials(place)


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(place, serve_badly):
    faulty = serve_badly(GOOD, breaks_off(100_000), whole)
    with pytest.raises(TryLater):
        run("download", file=source_file(faulty.url))

    faulty.content = zipped(("SDF16P202502.csv", make_csv("SDF", 2_000)))
    faulty.etag = '"{A-1},2"'
    result = run("download", file=source_file(faulty.url))

    assert result["submission"] == 2
    assert result["archive"]["sha256"] == hashlib.sha256(faulty.content).hexdigest()


def test_a_range_that_no_longer_fits_begins_again(place, serve_badly):
    faulty = serve_badly(GOOD, breaks_off(100_000), says(416), whole)
    for _ in range(2):
        with pytest.raises(TryLater):
            run("download", file=source_file(faulty.url))

    assert run("download", file=source_file(faulty.url))["archive"]["bytes"] == len(GOOD)


def test_an_unchanged_file_is_not_fetched_again_and_a_changed_one_is(place, serve_badly):
    faulty = serve_badly(GOOD, whole)
    first = run("download", file=source_file(faulty.url))

    assert run("download", file=source_file(faulty.url))["unchanged"]
    assert faulty.requests[1]["If-None-Match"] == faulty.etag
    faulty.content, faulty.etag = zipped(("SDF16P202501.csv", make_csv("SDF", 100))), '"{A-1},9"'
    second = run("download", file=source_file(faulty.url))

    assert not second["unchanged"]
    assert second["release"] != first["release"]


def test_what_was_stored_and_then_lost_is_fetched_again(place, serve_badly):
    faulty = serve_badly(GOOD, whole)
    first = run("download", file=source_file(faulty.url))
    Path(first["archive"]["url"].removeprefix("file://")).unlink()

    assert run("download", file=source_file(faulty.url)) == first


PAGE = NOT_FOUND_PAGE.encode()
NO_ZIP = bytes(range(1, 256)) * 4_000
DAMAGED = bytearray(GOOD)
DAMAGED[len(DAMAGED) // 2] ^= 0xFF
BAD = {
    "a page": (PAGE, "the source answered with an HTML page instead of a zip: <html>"),
    "garbage": (NO_ZIP, "is not a zip: it begins with"),
    "truncated": (GOOD[: len(GOOD) // 2], "is a damaged zip"),
    "a wrong byte": (bytes(DAMAGED), "is a damaged zip: Bad CRC-32"),
    "garbage that begins as a zip": (b"PK\x03\x04" + NO_ZIP, "is a damaged zip"),
    "no member": (zipped(("readme.pdf", b"x")), "should hold one CSV file, but holds 'readme.pdf'"),
    "two members": (zipped(("SDF16P202501.csv", b"a"), ("SDF16P202502.csv", b"b")), "should hold one CSV file"),
    "another name": (zipped(("sales.csv", b"a")), "'sales.csv' is not the name of a roll file"),
    "another county": (
        zipped(("SDF17P202501.csv", b"a")), "should be Broward SDF 2025P, but holds SDF17P202501.csv, which is Calhoun"
    ),
    "no county": (zipped(("SDF99P202501.csv", b"a")), "bears the county number 99, which does not exist"),
    "another type": (zipped(("NAL16P202501.csv", b"a")), "but holds NAL16P202501.csv"),
    "another year": (zipped(("SDF16P202401.csv", b"a")), "which is Broward SDF 2024P"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_by_name_and_leaves_nothing(place, serve_badly, kind):
    content, words = BAD[kind]
    faulty = serve_badly(content, whole)

    with pytest.raises(ActionError) as refused:
        run("download", file=source_file(faulty.url))

    assert not isinstance(refused.value, TryLater)
    assert str(refused.value).startswith("Broward Preliminary SDF 2025.zip")
    assert words in str(refused.value)
    assert partials(place) == stored(place) == []


@real_data
def test_the_page_that_the_real_portal_sends_is_recognised(place, serve_badly):
    faulty = serve_badly((REAL / "portal_404_saved_as.zip").read_bytes(), whole)

    with pytest.raises(ActionError, match="answered with an HTML page instead of a zip"):
        run("download", file=source_file(faulty.url))


def test_a_good_file_after_a_bad_one_is_taken(place, serve_badly):
    faulty = serve_badly(PAGE, whole)
    with pytest.raises(ActionError):
        run("download", file=source_file(faulty.url))
    faulty.content = GOOD

    assert run("download", file=source_file(faulty.url))["archive"]["bytes"] == len(GOOD)


def test_a_zip_that_would_unpack_to_too_much_is_refused(place, serve_badly, settings):
    settings.FLORIDA_MAX_ROLL_BYTES = 40_000
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SDF16P202501.csv", b"0" * 50_000)
    faulty = serve_badly(buffer.getvalue(), whole)

    with pytest.raises(ActionError, match=r"50,000 bytes, more than the 40,000 that FLORIDA_MAX_ROLL_BYTES allows"):
        run("download", file=source_file(faulty.url))


def test_a_file_that_is_too_large_is_not_fetched(place, serve_badly, settings):
    settings.FLORIDA_MAX_ROLL_BYTES = 1_000
    faulty = serve_badly(GOOD, whole)

    with pytest.raises(ActionError, match="larger than the 1,000 bytes"):
        run("download", file=source_file(faulty.url))

    assert partials(place) == []


@pytest.mark.parametrize(
    ("status", "error"), [(404, ActionError), (403, ActionError), (500, TryLater), (503, TryLater), (429, TryLater)]
)
def test_the_status_tells_whether_to_try_again(place, serve_badly, status, error):
    faulty = serve_badly(b"", says(status))

    with pytest.raises(error, match=f"was answered {status}") as raised:
        run("download", file=source_file(faulty.url))

    assert type(raised.value) is TryLater or not isinstance(raised.value, TryLater)


def test_the_scheme_may_be_in_capitals(place, serve_badly):
    faulty = serve_badly(GOOD, whole)

    assert run("download", file=source_file(faulty.url.replace("http:", "HTTP:")))["archive"]["bytes"] == len(GOOD)


def test_a_redirect_is_followed_on_the_host_and_nowhere_else(place, serve_badly):
    faulty = serve_badly(GOOD, says(302, Location="/moved.zip"), whole)
    assert run("download", file=source_file(faulty.url))["archive"]["bytes"] == len(GOOD)

    faulty.answers = [says(302, Location="http://169.254.1.1/secret")]
    with pytest.raises(ActionError, match=r"redirects to another host, 169\.254\.1\.1"):
        run("download", file=source_file(faulty.url, name="Broward other.zip"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x.zip", "file:///etc/passwd", "memory://x.zip", "/etc/passwd"])
def test_only_what_lies_beneath_a_source_is_fetched(place, url):
    with pytest.raises(InvalidParameters, match="lies beneath no configured source"):
        run("download", file=source_file("") | {"url": url})


def test_a_bare_csv_in_a_folder_is_stored_as_it_is(place):
    (place / "inbox").mkdir()
    (place / "inbox" / "SDF16P202501.csv").write_bytes(SALES)
    [file] = run("discover", source="inbox", counties=[16], file_types=["SDF"])["files"]

    result = run("download", file=file)

    assert result["csv"] == {"url": result["archive"]["url"], "bytes": len(SALES), "sha256": result["csv"]["sha256"]}
    assert run("download", file=file)["unchanged"]


def test_a_changed_file_in_a_folder_is_another_release(place):
    path = make_zip(place / "inbox" / "sales.zip", make_sales({}))
    [file] = run("discover", source="inbox", counties=[16], file_types=["SDF"])["files"]
    first = run("download", file=file)
    make_zip(path, make_sales({}, {}))

    second = run("download", file=file)

    assert not second["unchanged"]
    assert second["release"] != first["release"]


def test_a_file_that_vanished_from_a_folder_is_named(place):
    path = make_zip(place / "inbox" / "sales.zip", make_sales({}))
    [file] = run("discover", source="inbox", counties=[16], file_types=["SDF"])["files"]
    path.unlink()

    with pytest.raises(ActionError, match=r"sales.zip is no longer at"):
        run("download", file=file)


def test_a_second_call_does_not_disturb_one_that_runs(place, serve_badly):
    faulty = serve_badly(GOOD, whole)

    def second(done, total, message):
        with pytest.raises(TryLater, match="being downloaded by another call"):
            run("download", file=source_file(faulty.url))

    assert run("download", Call(report=second), file=source_file(faulty.url))["archive"]["bytes"] == len(GOOD)
    assert len(faulty.requests) == 1


def test_a_withdrawn_call_stops_and_what_it_fetched_is_continued_later(place, serve_badly):
    content = zipped(("SDF16P202501.csv", make_csv("SDF", 60_000)))
    assert len(content) > 1 << 20
    faulty = serve_badly(content, whole)
    call = Call()
    call.report = lambda done, total, message: call.cancelled.set()

    with pytest.raises(Cancelled):
        run("download", call, file=source_file(faulty.url))
    result = run("download", file=source_file(faulty.url))

    assert "Range" in faulty.requests[1]
    assert result["archive"]["sha256"] == hashlib.sha256(content).hexdigest()
