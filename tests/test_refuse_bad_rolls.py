"""A file that is not what it should be ends in front of a person, by name and with the reason; nothing is loaded."""

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from escalations.deciding.decisions import Answer, decide
from escalations.models import Kind
from operations import acts
from operations.models import Operation
from operations.states import Status
from tests.operations.conftest import run_queue, settle
from tests.serving import registered
from workers import data_quality, florida_data
from workers.florida_data.sample.standard import SampleSet
from workers.models import Release

__all__ = ["run_queue", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

HTML = b"<html><script>window.location.replace('/Pages/PageNotFoundError.aspx')</script></html>"
Mend = Callable[[bytes], bytes]


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The two real workers take the place of the test worker."""
    with registered(florida_data.worker, data_quality.worker) as url:
        yield url


@pytest.fixture
def roll() -> Iterator[Path]:
    """A good sale file of Union in the inbox."""
    inbox = settings.VAR / "inbox"
    shutil.rmtree(inbox, ignore_errors=True)
    yield SampleSet({"Union": 60}, ("SDF",)).write(inbox)[0]
    shutil.rmtree(inbox)


def load(settle: Callable[..., Operation]) -> Operation:
    parameters = {"counties": ["Union"], "file_types": ["SDF"], "source": "inbox"}
    return settle(acts.submit({"operation_type": "data_pipeline", "parameters": parameters}, None)[0])


def rewrite(path: Path, change: Mend, member: str = "") -> None:
    """Put a changed member into the archive."""
    with zipfile.ZipFile(path) as archive:
        name = archive.namelist()[0]
        content = archive.read(name)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member or name, change(content))


def lines(change: Callable[[int, list[bytes]], list[bytes]]) -> Mend:
    """Change the cells of each line; the first has number 0. (No cell of a sale file holds a comma.)"""

    def mend(content: bytes) -> bytes:
        rows = content.split(b"\r\n")
        return b"\r\n".join(b",".join(change(n, row.split(b","))) if row else row for n, row in enumerate(rows))

    return mend


def two_more(number: int, cells: list[bytes]) -> list[bytes]:
    return [*cells, b"EXTRA_1", b"EXTRA_2"] if number == 0 else [*cells, b"", b""]


def other_county(number: int, cells: list[bytes]) -> list[bytes]:
    return cells if number == 0 else [b"16", *cells[1:]]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "the portal's page instead of a zip": (lambda path: path.write_bytes(HTML), "HTML page"),
    "a truncated zip": (truncate, "zip"),
    "two columns too many": (lambda path: rewrite(path, lines(two_more)), "EXTRA_1"),
    "a missing column": (lambda path: rewrite(path, lines(lambda n, cells: cells[:-1])), "STATE_PARCEL_ID"),
    "another county inside": (lambda path: rewrite(path, lines(other_county)), "another county's number in CO_NO"),
    "another county's file": (lambda path: rewrite(path, bytes, "SDF16P202501.csv"), "SDF16P202501.csv"),
    "letters after every quote": (
        lambda path: rewrite(path, lambda text: text.replace(b'"', b'"\xd1')),
        "broken quotes",
    ),
    "50 MB of garbage": (lambda path: path.write_bytes(os.urandom(2**20) * 50), "zip"),
    "50 MB of garbage in a zip": (lambda path: rewrite(path, lambda text: os.urandom(2**20) * 50), "SDF73P202501.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_it_waits_for_a_person_and_says_which_file_and_why(
    settle: Callable[..., Operation], roll: Path, case: str
) -> None:
    spoil, reason = BAD[case]
    spoil(roll)

    operation = load(settle)

    assert operation.status == Status.ESCALATING
    failed = operation.steps.get(status="failed")
    assert reason in failed.error
    assert roll.name in failed.error or "SDF73P202501.csv" in failed.error or "SDF16P202501.csv" in failed.error
    question = operation.escalations.get()
    assert question.reason == "step_failed"
    assert failed.error in question.message
    assert rows_loaded() == 0
    assert not Release.objects.filter(state="loaded").exists()


def test_a_good_file_in_its_place_loads_when_the_step_is_retried(settle: Callable[..., Operation], roll: Path) -> None:
    good = roll.read_bytes()
    truncate(roll)
    operation = load(settle)
    roll.write_bytes(good)

    retry_all(operation)
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.confidence
    assert operation.result
    assert rows_loaded() == operation.result["records_uploaded"] > 0


def retry_all(operation: Operation) -> None:
    """Let the whole branch run again, beginning with what the source offers now."""
    question = operation.escalations.open().get()
    decide(question, Answer(Kind.RETRY, steps=["E1"]), who="rita", revision=question.revision, decision_id="again")


def rows_loaded() -> int:
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sdf_current")
        return cursor.fetchone()[0]
