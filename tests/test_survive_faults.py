"""Faults in the middle of a load, met by two replicas on one warehouse: it ends as it ends without the fault."""

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.replicas import Caller, Replica, Site, one_address, site
from tests.workers.faulty_server import Faulty, breaks_off, whole
from tests.workers.roll_files import make_csv, make_zip
from workers.florida_data.layouts import member_name

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(not postgres.available(), reason="PostgreSQL is not installed")]

Json = dict[str, Any]
PARCELS = 25_000  # so that a COPY lasts long enough to be met in its middle
BROWARD = 16
PARTITIONS = "FROM pg_class WHERE relkind = 'r' AND relname ~ '^nal_[0-9]+$'"
NO_ROOM = 100_000  # bytes that a file may have
MOUNT = ["mount", "-t", "tmpfs", "-o"]


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as place:
        yield place


@pytest.fixture
def place(shared_site: Site) -> Iterator[Site]:
    """The two replicas with an empty warehouse, nothing stored, and a good NAL of Broward at the source."""
    offer(shared_site, good_roll())
    yield shared_site
    with shared_site.warehouse() as connection:
        for (partition,) in connection.execute(f"SELECT relname {PARTITIONS}").fetchall():
            connection.execute(f"DROP TABLE {partition}")
        connection.execute("TRUNCATE workers_release, workers_callrecord CASCADE")
    stored = [*shared_site.folder.glob("data/*/**/*"), *shared_site.folder.glob("*/partial/*")]
    for path in stored:
        if path.is_file():
            path.unlink()


@cache
def good_roll() -> bytes:
    return make_csv("NAL", PARCELS, BROWARD)


def offer(place: Site, content: bytes, submission: int = 1) -> None:
    """Let the source have this roll, whole, and forget what it was asked for."""
    path = make_zip(place.folder / "offered.zip", content, member_name("NAL", BROWARD, "P", 2025, submission))
    place.source.content = path.read_bytes()
    place.source.etag = f'"{hashlib.sha256(place.source.content).hexdigest()}"'
    place.source.answers = [whole]
    place.source.requests.clear()


def listed(place: Site) -> Json:
    name = "Broward 16 Preliminary NAL 2025.zip"
    file = {"label": "Broward NAL 2025P", "county_no": BROWARD, "county": "Broward", "file_type": "NAL", "year": 2025}
    file |= {"stage": "P", "name": name, "url": f"{place.source.url}/{name.replace(' ', '%20')}", "bytes": None}
    return file | {"etag": "", "modified": "", "source": "web"}


def completed(state: Json) -> Any:
    assert state["status"] == "completed", state
    return state["result"]


def load(place: Site, replica: Caller, operation: str = "op") -> Json:
    """Take the source's roll through all steps, as an operation does; a call that was made before is answered again."""
    downloaded = completed(replica.run(f"{operation}:E2", "download", attempt=5, file=listed(place)))
    processed = completed(replica.run(f"{operation}:E3", "process", attempt=5, download=downloaded))
    uploaded = completed(replica.run(f"{operation}:E5", "upload", attempt=5, processed=processed))
    arguments = {"downloaded": downloaded, "processed": processed, "uploaded": uploaded}
    return completed(replica.run(f"{operation}:E6", "verify", attempt=5, **arguments))


def assert_loaded_once(place: Site, verified: Json) -> None:
    """The end state of a load without faults: the release, its rows once, one partition, nothing in progress."""
    assert (verified["agree"], verified["rows_loaded"]) == (True, PARCELS), verified
    assert place.asked("SELECT release, state FROM workers_release") == [(verified["release"], "loaded")]
    assert place.asked("SELECT count(*), count(DISTINCT parcel_id) FROM nal_current") == [(PARCELS, PARCELS)]
    assert place.asked(f"SELECT count(*) {PARTITIONS}") == [(1,)]
    assert place.asked("SELECT count(*) FROM workers_callrecord WHERE status = 'running'") == [(0,)]


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def stops_halfway(go_on: threading.Event) -> Callable[[Faulty, BaseHTTPRequestHandler], None]:
    """Half of the file, and the rest when ``go_on`` is set."""

    def answer(faulty: Faulty, handler: BaseHTTPRequestHandler) -> None:
        half = len(faulty.content) // 2
        handler.send_response(200)
        handler.send_header("ETag", faulty.etag)
        handler.send_header("Content-Length", str(len(faulty.content)))
        handler.end_headers()
        handler.wfile.write(faulty.content[:half])
        handler.wfile.flush()
        go_on.wait(20)
        handler.wfile.write(faulty.content[half:])

    return answer


def begin_copying(place: Site, replica: Replica) -> tuple[Json, str]:
    """An upload that stands still in the middle of its COPY: its process is stopped."""
    downloaded = completed(replica.run("op:E2", "download", file=listed(place)))
    processed = completed(replica.run("op:E3", "process", download=downloaded))
    with place.warehouse() as connection:
        location = replica.begin("op:E5", "upload", processed=processed)
        wait_for(lambda: connection.execute("SELECT 1 FROM pg_stat_progress_copy").fetchone())
        replica.process.send_signal(signal.SIGSTOP)
        if not connection.execute("SELECT 1 FROM pg_stat_progress_copy").fetchone():
            replica.process.send_signal(signal.SIGCONT)
            pytest.fail("the COPY was over before its process could be stopped")
    return processed, location


def test_the_database_restarts_during_copy(place: Site) -> None:
    first, second = place.replicas
    processed, location = begin_copying(place, first)

    postgres.restart(place.server)
    first.process.send_signal(signal.SIGCONT)
    state = first.ended(location)

    assert (state["status"], state["retryable"]) == ("failed", True), state
    assert place.asked("SELECT count(*) FROM workers_release") == [(0,)]
    completed(second.run("op:E5", "upload", attempt=2, processed=processed))
    assert_loaded_once(place, load(place, second))


def test_a_replica_killed_during_copy_is_followed_by_the_other(place: Site) -> None:
    first, second = place.replicas
    processed, _ = begin_copying(place, first)

    first.kill()
    first.start()
    completed(second.run("other:E5", "upload", processed=processed))

    assert_loaded_once(place, load(place, first))


def test_a_replica_killed_during_a_download_is_followed_by_the_other(place: Site) -> None:
    first, second = place.replicas
    go_on = threading.Event()
    place.source.answers = [stops_halfway(go_on), whole]
    first.begin("op:E2", "download", file=listed(place))
    wait_for(lambda: place.source.requests)

    first.kill()
    go_on.set()
    first.start()

    assert_loaded_once(place, load(place, second))


@pytest.mark.parametrize("action", ["download", "process"])
def test_a_full_disk_is_worth_another_try_once_there_is_room(place: Site, action: str) -> None:
    first = place.replicas[0]
    parameters: Json = {"file": listed(place)}
    if action == "process":
        parameters = {"download": completed(first.run("op:E2", "download", **parameters))}

    resource.prlimit(first.process.pid, resource.RLIMIT_FSIZE, (NO_ROOM, resource.RLIM_INFINITY))
    try:
        refused = first.run("op:Ex", action, **parameters)
    finally:
        resource.prlimit(first.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    assert (refused["status"], refused["retryable"]) == ("failed", True), refused
    assert refused["error"] == "a disk of the worker is full: make room where CONCORD_VAR and DATA_URL are"
    assert not list((place.folder / "data" / ".work").glob("*/*"))
    assert_loaded_once(place, load(place, first))


def restart(replica: Replica) -> None:
    """Start it again: a connection keeps the settings that its role had when it was made."""
    replica.kill()
    replica.start()


@pytest.fixture
def small_disk(place: Site) -> Iterator[Path]:
    """A disk of 4 MB, on which the warehouse puts new tables."""
    folder = Path(tempfile.mkdtemp(prefix="concord-disk-"))
    folder.chmod(0o755)
    if subprocess.run([*MOUNT, "size=4m", "concord", folder], check=False, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("only root can make a small disk")
    disk = folder / "tables"
    disk.mkdir()
    if os.geteuid() == 0:
        shutil.chown(disk, "postgres")
    with place.warehouse() as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
        connection.execute("ALTER ROLE concord SET default_tablespace = 'small'")
    first = place.replicas[0]
    restart(first)
    yield folder
    with place.warehouse() as connection:
        connection.execute("ALTER ROLE concord RESET default_tablespace")
    restart(first)
    with place.warehouse() as connection:
        for (partition,) in connection.execute(f"SELECT relname {PARTITIONS}").fetchall():
            connection.execute(f"DROP TABLE {partition}")
        connection.execute("DROP TABLESPACE small")
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_full_disk_of_the_database_is_worth_another_try_once_there_is_room(place: Site, small_disk: Path) -> None:
    first = place.replicas[0]
    downloaded = completed(first.run("op:E2", "download", file=listed(place)))
    processed = completed(first.run("op:E3", "process", download=downloaded))

    refused = first.run("op:E5", "upload", processed=processed)

    assert (refused["status"], refused["retryable"]) == ("failed", True), refused
    assert "No space left on device" in refused["error"]
    assert place.asked("SELECT count(*) FROM workers_release") == [(0,)]
    subprocess.run([*MOUNT, "remount,size=200m", "concord", small_disk], check=True)
    assert_loaded_once(place, load(place, first))


def test_a_source_that_goes_away_in_the_middle_is_taken_up_by_another_replica(place: Site) -> None:
    first, second = place.replicas
    place.source.answers = [breaks_off(100_000), whole]

    refused = first.run("op:E2", "download", file=listed(place))

    assert (refused["status"], refused["retryable"]) == ("failed", True), refused
    assert_loaded_once(place, load(place, second))


def test_two_replicas_that_get_the_same_file_do_no_work_twice(place: Site) -> None:
    written: set[int] = set()  # the files that there were, whenever a call ended: each is written whole and moved

    def ask(replica: Replica, action: str, parameters: Json) -> Json:
        result = completed(replica.run(f"{replica.port}:{action}", action, **parameters))
        written.update(path.stat().st_ino for path in place.folder.glob("data/processed/**/roll.parquet"))
        return result

    def both(action: str, **parameters: Any) -> list[Json]:
        """Two operations that ask for the same at the same time, each at a replica of its own."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda replica: ask(replica, action, parameters), place.replicas))

    downloads = both("download", file=listed(place))
    results = both("process", download=downloads[0])
    uploads = both("upload", processed=results[0])

    assert sorted(result["unchanged"] for result in downloads) == [False, True]
    assert sum("If-None-Match" not in headers for headers in place.source.requests) == 1
    assert results[0] == results[1]
    assert len(written) == 1
    assert sorted(result["already_loaded"] for result in uploads) == [False, True]
    assert_loaded_once(place, load(place, place.replicas[0]))


def test_replicas_behind_one_address_are_one_worker(place: Site) -> None:
    with one_address(place.replicas) as both:
        location = both.begin("op:E2", "download", file=listed(place))
        joined = both.run("op:E2", "download", file=listed(place))
        seen = [both.ended(location) for _ in place.replicas]

        assert [state["result"] for state in seen] == [completed(joined)] * 2
        assert len(place.source.requests) == 1
        assert_loaded_once(place, load(place, both))


def test_a_release_replaced_at_the_source_while_the_older_is_loaded_takes_its_place_in_the_next_load(
    place: Site,
) -> None:
    first, second = place.replicas
    older = completed(first.run("op:E2", "download", file=listed(place)))["release"]
    offer(place, make_csv("NAL", PARCELS, BROWARD, seed=2), submission=2)

    assert load(place, first)["release"] == older
    newer = load(place, second, "next")

    assert newer["release"].startswith("NAL-16-2025P-02-")
    states = dict(place.asked("SELECT release, state FROM workers_release"))
    assert states == {older: "superseded", newer["release"]: "loaded"}
    assert place.asked("SELECT count(*), count(DISTINCT parcel_id) FROM nal_current") == [(PARCELS, PARCELS)]
