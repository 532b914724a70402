"""A destructive action waits for a person, unless its arguments are such that it destroys nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import TypedDict

from escalations.models import Kind
from operations import approval
from operations.states import Status
from tests.operations.conftest import Settle, post, run_queue, settle, statuses
from tests.operations.test_ask_a_person import answer, question
from tests.serving import registered
from workers.contract import Call, Worker, action

__all__ = ["run_queue", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

Json = dict[str, Any]

DRY: Json = {"type": "object", "properties": {"dry_run": {"const": True}}}


class Purged(TypedDict):
    dry_run: bool
    again: bool


@action(destructive=True, harmless=DRY)
def purge(call: Call, journal: str, dry_run: bool = True, then: bool = False) -> Purged:
    """Remove what is old, or only say what would be."""
    with Path(journal).open("a") as file:
        file.write("looked\n" if dry_run else "purged\n")
    return {"dry_run": dry_run, "again": then}


@action(destructive=True)
def wipe(call: Call, dry_run: bool = True) -> Purged:
    """Remove everything."""
    return {"dry_run": dry_run, "again": False}


worker = Worker("broom", "1.0", [purge, wipe])


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The broom takes the place of the test worker."""
    with registered(worker) as url:
        yield url


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def sweep(name: str, **fields: Any) -> Json:
    return {"id": name, "worker": "broom", "action": "purge"} | fields


def test_a_harmless_call_runs_unasked(settle: Settle, journal: Path) -> None:
    operation = settle(post([sweep("E1", arguments={"journal": str(journal)})]))

    assert operation.status == Status.COMPLETED
    assert journal.read_text() == "looked\n"


def test_another_call_of_the_same_action_waits_for_a_person(settle: Settle, journal: Path) -> None:
    operation = settle(post([sweep("E1", arguments={"journal": str(journal), "dry_run": False})]))
    assert operation.status == Status.ESCALATING
    assert question(operation).reason == "approval_needed"
    assert not journal.exists()

    answer(operation, Kind.APPROVE)
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert journal.read_text() == "purged\n"


@pytest.mark.parametrize(("then", "status"), [(True, Status.COMPLETED), (False, Status.ESCALATING)])
def test_what_counts_is_what_the_references_came_to(settle: Settle, journal: Path, then: bool, status: Status) -> None:
    first = sweep("E1", arguments={"journal": str(journal), "then": then})
    second = sweep("E2", arguments={"journal": str(journal), "dry_run": "#E1.again"})

    operation = settle(post([first, second]))

    assert operation.status == status
    assert statuses(operation)["E2"] == ("completed" if then else "awaiting_approval")
    assert "purged" not in journal.read_text()


def test_a_worker_that_says_nothing_of_it_is_asked_about_every_time(settle: Settle) -> None:
    operation = settle(post([{"id": "E1", "worker": "broom", "action": "wipe", "arguments": {"dry_run": True}}]))

    assert operation.status == Status.ESCALATING
    assert question(operation).reason == "approval_needed"


def test_the_manifest_says_which_arguments_are_harmless() -> None:
    purging, wiping = worker.manifest()["actions"]

    assert (purging["destructive"], purging["harmless"]) == (True, DRY)
    assert (wiping["destructive"], "harmless" in wiping) == (True, False)


@pytest.mark.parametrize(
    "harmless",
    [
        None,
        True,
        {},
        "dry_run",
        {"type": "sometimes"},
        {"$ref": "#/$defs/nowhere"},
        {"properties": {"dry_run": {"pattern": "("}}},
    ],
)
def test_a_schema_that_says_nothing_spares_nobody(harmless: Any) -> None:
    assert approval.needed({"destructive": True, "harmless": harmless}, {"dry_run": True})


@pytest.mark.parametrize("dry_run", [1, "true", None, [True]])
def test_what_only_resembles_a_harmless_value_is_none(dry_run: Any) -> None:
    assert approval.needed({"destructive": True, "harmless": DRY}, {"dry_run": dry_run})


def test_what_is_not_destructive_needs_nobody() -> None:
    assert not approval.needed({"destructive": False}, {})
