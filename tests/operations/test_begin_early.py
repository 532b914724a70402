"""Steps that only read begin while the model still writes the plan; nothing else does, and nothing runs twice."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from operations import lease
from operations.comparison.model_server import Reply
from operations.models import Operation, TypeSetting
from operations.states import Status
from tests.operations import plant
from tests.operations.conftest import Settle, run_queue
from tests.operations.scripts import Script, goal, plan, post, result, script, sums

__all__ = ["script", "sums"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

SLOW = 30  # tokens a second
TAIL = [f"E{number}=double(value={number})" for number in range(2, 40)]


def look(journal: str, until: str = "") -> str:
    return f'E1=look(journal="{journal}",until="{until}")'


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Do ``work`` in a thread beside the block; what it raises is raised at the end."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(20)
    if failed:
        raise failed[0]


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def test_a_reading_step_begins_while_the_model_writes_and_is_joined_by_the_plan(
    settle: Settle, script: Script, journal: str, tmp_path: Path
) -> None:
    model = script([look(journal, str(tmp_path / "there")), *TAIL], rate=SLOW)
    operation = goal()

    def watch() -> None:
        eventually(lambda: plant.read(journal) == ["start"])
        assert Operation.objects.get(pk=operation.pk).status == Status.PLANNING
        model.rate = None
        eventually(lambda: Operation.objects.get(pk=operation.pk).status == Status.EXECUTING)
        (tmp_path / "there").touch()

    with meanwhile(watch):
        settle(operation)

    assert operation.status == Status.COMPLETED, operation.error
    assert plant.read(journal) == ["start", "end"]
    assert result(operation, "E1") == {"numbers": [1, 2]}


def test_a_process_that_stops_while_the_model_writes_leaves_its_calls_to_the_next(
    settle: Settle, script: Script, journal: str, tmp_path: Path
) -> None:
    model = script([look(journal, str(tmp_path / "there")), *TAIL], rate=SLOW)
    operation = goal()

    def stop() -> None:
        eventually(lambda: plant.read(journal) == ["start"])
        lease.stopping.set()

    with meanwhile(stop):
        run_queue()
    lease.stopping.clear()
    operation.refresh_from_db()
    assert (operation.status, operation.lease_until) == (Status.PLANNING, None)
    assert model.tokens  # told once the server has noticed that nobody listens any more

    model.rate = None
    (tmp_path / "there").touch()
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.error
    assert plant.read(journal) == ["start", "end"]
    assert operation.token_usage >= model.calls[1].tokens


def test_what_began_early_is_withdrawn_when_no_plan_comes_of_it(
    settle: Settle, script: Script, journal: str, settings: Settings
) -> None:
    settings.PLANNING_SECONDS = 1.5
    text = plan(look(journal, "/never"), *TAIL).text
    script(Reply(text=text, stall_after=60))

    operation = settle(goal())

    assert operation.status == Status.ESCALATING
    eventually(lambda: plant.read(journal) == ["start", "stopped"])


def test_what_began_early_is_withdrawn_when_the_plan_is_mended_otherwise(
    settle: Settle, script: Script, journal: str
) -> None:
    script([look(journal, "/never"), "E2=double()"], ["E1=total(values=[])", "E2=double(value=2)"])

    operation = settle(goal())

    assert operation.status == Status.COMPLETED, [str(event) for event in operation.events.all()]
    assert [result(operation, step_id) for step_id in ("E1", "E2")] == [{"value": 0}, {"value": 4}]
    eventually(lambda: plant.read(journal) in ([], ["start", "stopped"]))


@pytest.mark.parametrize(
    "line",
    [
        'E1=count(journal="{}")',
        'E1=wipe(journal="{}",table="rolls")',
        'E1=look(journal="{}") after E2',
        'E1=look(journal="{}") each [1,2]',
        'E1=look(journal="{} #E2.value")',
        'E1=look(journal="{}",often=true)',
    ],
    ids=["writes", "destroys", "waits", "list", "reference", "unfit"],
)
def test_all_else_waits_for_the_checked_plan(settle: Settle, script: Script, journal: str, line: str) -> None:
    script([line.format(journal), "E2=double()"], ["E1=double(value=1)"])

    operation = settle(goal())

    assert operation.status == Status.COMPLETED
    assert plant.read(journal) == []


def test_of_a_type_with_rules_only_what_it_asks_for_begins(
    settle: Settle, script: Script, journal: str, sums: None
) -> None:
    script([look(journal), "E2=double()"])

    operation = settle(post("ai_inference", upto=3))

    assert operation.plan_source == "rules"
    assert plant.read(journal) == []


@pytest.mark.parametrize("shown", [True, False])
def test_nothing_begins_before_a_plan_that_is_to_be_seen(
    settle: Settle, script: Script, journal: str, shown: bool
) -> None:
    TypeSetting.objects.create(operation_type="custom", show_plan=shown)
    script([look(journal)])

    settle(goal(plan_only=not shown))

    assert plant.read(journal) == []
