"""Dataset references: read whole, written all or nothing, and never from outside DATA_URL."""

import os
import socket
import time

import polars as pl
import pytest

from workers import datasets
from workers.contract import InvalidParameters

FRAME = pl.DataFrame({"name": ["A", None], "value": [1, 2]})


@pytest.mark.parametrize("store", ["file", "memory"])
def test_what_is_written_is_read_back(place, settings, store):
    if store == "memory":
        settings.DATA_URL = f"memory://{place.name}"

    reference = datasets.write(FRAME, "some/frame.parquet")

    assert reference["rows"] == 2
    assert reference["schema"] == {"name": "String", "value": "Int64"}
    assert datasets.read(reference).equals(FRAME)
    assert datasets.read(reference, ["value"]).columns == ["value"]
    with datasets.scan(reference) as rows:
        assert rows.filter(pl.col("value") > 1).collect().height == 1


@pytest.mark.parametrize(
    "url",
    ["/etc/passwd", "file:///etc/passwd", "{data}/../secret", "{data}s/x", "memory://x", "nonsense://x", "{data}"],
)
def test_a_url_outside_is_refused_with_the_field(place, settings, url):
    with pytest.raises(InvalidParameters) as refused:
        datasets.read({"$dataset": url.format(data=settings.DATA_URL)}, field="processed.dataset")

    assert "processed.dataset" in str(refused.value)
    assert refused.value.field == "processed.dataset"


@pytest.mark.parametrize("store", ["file", "sftp"])
@pytest.mark.parametrize("scheme", ["ftp", "sftp"])
def test_nobody_is_called_to_see_whether_a_url_is_outside(place, settings, store, scheme):
    if store == "sftp":
        settings.DATA_URL = "sftp://store.example/data"
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        url = f"{scheme}://127.0.0.1:{elsewhere.getsockname()[1]}/data/x.parquet"
        with pytest.raises(InvalidParameters, match="lies outside DATA_URL"):
            datasets.read({"$dataset": url})
        with pytest.raises(TimeoutError):
            elsewhere.accept()


def test_what_is_no_reference_or_not_there_is_refused(place, settings):
    with pytest.raises(InvalidParameters, match=r"dataset: expected a dataset reference"):
        datasets.read({"rows": 3})
    with pytest.raises(InvalidParameters, match=r"dataset: there is no file at"):
        datasets.read({"$dataset": f"{settings.DATA_URL}/missing.parquet"})


def test_work_in_progress_goes_away_and_so_does_what_was_abandoned(place):
    with datasets.workspace() as abandoned:
        (abandoned / "half").write_text("x")
    assert not abandoned.exists()

    abandoned.mkdir()
    long_ago = time.time() - 2 * datasets.ABANDONED_AFTER
    os.utime(abandoned, (long_ago, long_ago))
    with datasets.workspace() as folder:
        assert folder.exists()
        assert not abandoned.exists()


def test_a_file_is_replaced_in_one_piece(place):
    url = datasets.publish_bytes(b"first", "notes/one.json")

    assert datasets.publish_bytes(b"second", "notes/one.json") == url
    with datasets.opened(url) as file:
        assert file.read() == b"second"
    assert [path.name for path in (place / "data" / "notes").iterdir()] == ["one.json"]
