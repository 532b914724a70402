"""An entity_sync operation is planned without a model, run by the real worker, and told in the words clients know."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from operations import acts
from operations.models import Operation
from operations.planning import entity_sync, types
from operations.planning.types import BadParameters
from operations.states import Status
from tests.operations.conftest import settle
from tests.serving import registered
from workers import sunbiz
from workers.models import FeedFile
from workers.sunbiz.tables import TABLES

__all__ = ["settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The real worker takes the place of the test worker."""
    with connections["warehouse"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table.name}")
    with registered(sunbiz.worker) as url:
        yield url


def submit(**parameters: object) -> Operation:
    return acts.submit({"operation_type": "entity_sync", "parameters": parameters}, None)[0]


def result_of(operation: Operation) -> dict:
    assert operation.result is not None
    return operation.result


def test_the_sample_is_synced_and_told_with_what_is_odd_about_it(settle: Callable[..., Operation]) -> None:
    operation = settle(submit(source="sample"), 60)

    assert operation.status == Status.COMPLETED, operation.error
    assert [step.action for step in operation.steps.all()] == [
        "sync_entities",
        "monitor_status",
        "generate_dashboard_metrics",
    ]
    result = result_of(operation)
    assert (result["steps_executed"], result["records_quarantined"], result["failed"]) == (3, 1, [])
    assert result["records_processed"] == result["records_uploaded"] + 1
    assert result["entities"] == result["active"] + result["inactive"] == 2_280
    assert result["gaps"] == 2  # a day is missing, of filings and of events
    assert result["statuses_changed"] == sum(change["entities"] for change in result["status_changes"])


def test_a_second_sync_finds_nothing_new(settle: Callable[..., Operation]) -> None:
    settle(submit(source="sample", datasets=["fictitious"]), 60)

    operation = settle(submit(source="sample", datasets=["fictitious"]))

    assert (result_of(operation)["files_unchanged"], result_of(operation)["records_uploaded"]) == (1, 0)


def test_a_test_reads_the_sample_and_loads_nothing(settle: Callable[..., Operation]) -> None:
    operation = settle(submit(test=True), 60)

    assert operation.status == Status.COMPLETED, operation.error
    assert result_of(operation)["records_processed"] > 3_000
    assert (result_of(operation)["records_uploaded"], result_of(operation)["dry_run"]) == (0, True)
    assert not FeedFile.objects.exists()


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"filing_types": ["LLC"]}, "parameters.filing_types.0", "'LLC' is none of DOMP"),
        ({"filing_types": []}, "parameters.filing_types", "must be a list of DOMP"),
        ({"datasets": "corporations"}, "parameters.datasets", "must be a list of corporations, events, fictitious"),
        ({"series": ["weekly"]}, "parameters.series.0", "'weekly' is none of quarterly, daily"),
        ({"since": "07/01/2025"}, "parameters.since", "a day such as 2025-07-01"),
        ({"since": "2025-07-02", "until": "2025-07-01"}, "parameters.since", "must not be after until"),
        ({"level": "lax"}, "parameters.level", "one of strict, standard, permissive"),
        ({"source": 1}, "parameters.source", "the name of a source"),
        ({"county": "Duval"}, "parameters.county", "There is no parameter 'county'"),
    ],
)
def test_a_mistake_in_the_parameters_is_told_with_its_field(parameters: dict, field: str, words: str) -> None:
    with pytest.raises(BadParameters, match=words) as refusal:
        types.check("entity_sync", parameters)

    assert refusal.value.field == field


def test_owners_are_linked_and_settled_where_that_is_asked() -> None:
    steps = entity_sync.steps({"owners": "NAP", "year": 2025})

    assert [step["action"] for step in steps[3:]] == ["link_properties_to_entities", "settle"]
    assert steps[3]["arguments"]["properties"] == {"table": "nap_current", "where": {"asmnt_yr": 2025}}
    assert steps[3]["arguments"]["property_key"] == ["co_no", "asmnt_yr", "acct_id"]
    assert [step["id"] for step in entity_sync.steps({"owners": "NAP", "test": True})] == ["E1", "E2", "E3"]


def test_owners_of_a_roll_without_any_are_refused() -> None:
    with pytest.raises(BadParameters, match="owners must be one of NAL, NAP"):
        types.check("entity_sync", {"owners": "SDF"})
