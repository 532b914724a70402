"""execute_self_healing: what a look at everything tells, what callers get wrong, and what stops it."""

from typing import get_args

import pytest
from pytest_django import Settings

from operations.planning import healing as planned
from tests.make import make_key
from tests.workers.ai_ml.make import Json, run
from tests.workers.ai_ml.mending import (
    DROP,
    REFRESH,
    RESET,
    RING,
    concord,
    finding,
    look,
    make_orphan,
    make_stale,
    make_stuck,
    mend,
)
from tests.workers.performance.conftest import nobody
from workers.ai_ml import execute_self_healing
from workers.ai_ml.healing.catalogue import REMEDIES
from workers.ai_ml.healing.remedy import Name
from workers.contract import ActionError, Call, Cancelled, InvalidParameters, TryLater
from workers.models import Release

__all__ = ["concord", "nobody"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def test_a_look_at_everything_tells_the_harmless_from_the_destructive(concord: str) -> None:
    make_stuck()
    make_stale(file_type="NAP")
    make_orphan()

    healing = run("execute_self_healing")

    assert [one["remedy"] for one in healing["findings"]] == [RING, DROP, REFRESH]
    assert [one["remedy"] for one in healing["harmless"]] == [RING, REFRESH]
    assert [one["remedy"] for one in healing["destructive"]] == [DROP]
    assert (healing["dry_run"], healing["done"], healing["truncated"]) == (True, [], False)
    assert len(healing["summary"]) == 3


def test_where_all_is_well_nothing_is_found(concord: str) -> None:
    healing = run("execute_self_healing")

    assert healing["findings"] == []
    assert healing["summary"] == ["Nothing was found that is to be mended."]


def test_only_so_many_are_told_of_each_remedy(concord: str) -> None:
    for _ in range(21):
        make_stuck()

    healing = run("execute_self_healing", remedies=[RING])

    assert (len(healing["findings"]), healing["truncated"]) == (20, True)
    assert "there are more" in healing["summary"][-1]


def test_one_failure_does_not_stop_the_others(concord: str, settings: Settings) -> None:
    operation, orphan = make_stuck(), make_orphan()
    findings = look(RING, DROP)
    settings.CONCORD_API_KEY = make_key("read_all", name="may not mend")[1]

    healing = run("execute_self_healing", act_on=findings, dry_run=False)

    assert [one["outcome"] for one in healing["done"]] == ["failed", "mended"]
    assert healing["failed"] == [healing["done"][0]["words"]]
    assert '"mend"' in healing["failed"][0]
    assert healing["summary"][0] == "1 mended, 0 needed it no more, 1 failed."
    assert not operation.events.filter(kind="rung").exists()
    assert not Release.objects.filter(pk=orphan.pk).exists()


def test_where_concord_is_away_it_is_asked_again_later(nobody: None) -> None:
    with pytest.raises(TryLater, match="CONCORD_URL"):
        look(RING)
    with pytest.raises(TryLater, match="CONCORD_URL"):
        mend(finding(RESET, "plant"))


def test_a_key_without_the_scope_is_told_which_one_it_lacks(concord: str, settings: Settings) -> None:
    make_stuck()
    [found] = look(RING)

    settings.CONCORD_API_KEY = make_key("read_all", name="reader")[1]
    with pytest.raises(ActionError, match='403: Mending takes a key with the scope "mend"') as refusal:
        mend(found)
    assert not isinstance(refusal.value, TryLater)

    settings.CONCORD_API_KEY = make_key("mend", name="blind")[1]
    with pytest.raises(ActionError, match='scope "read_all"'):
        look(RING)


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"dry_run": False}, "act_on", "name the findings"),
        ({"act_on": [finding(RING, "op-1")]}, "act_on", "set dry_run to false"),
        (
            {"remedies": [RING], "act_on": [finding(DROP, "sdf_1")], "dry_run": False},
            "act_on.0.remedy",
            "is not one of the remedies",
        ),
        ({"remedies": ["reboot"]}, "remedies.0", "ring_stuck_operations"),
        ({"act_on": [finding(RING, f"op-{n}") for n in range(21)], "dry_run": False}, "act_on", "at most 20"),
        ({"stale_after_days": 0}, "stale_after_days", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_told_with_its_field(parameters: Json, field: str, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words) as refusal:
        run("execute_self_healing", **parameters)

    assert refusal.value.field == field


def test_a_call_that_was_withdrawn_mends_nothing(concord: str) -> None:
    operation = make_stuck()
    [found] = look(RING)
    call = Call()
    call.cancelled.set()

    with pytest.raises(Cancelled):
        execute_self_healing(call, remedies=[], act_on=[found], dry_run=False, stale_after_days=45)

    assert not operation.events.filter(kind="rung").exists()


def test_the_catalogue_is_the_one_that_plans_and_schemas_know() -> None:
    assert tuple(REMEDIES) == get_args(Name) == planned.REMEDIES
    assert [name for name, remedy in REMEDIES.items() if remedy.name != name] == []
