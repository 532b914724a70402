"""generate_dashboard_metrics: the figures of what is loaded, and zeros where nothing is."""

import pytest
from django.db import connections

from tests.workers.sunbiz.make import entity, event, fictitious, in_warehouse, put, put_zip, rows, run, sync, text
from workers.contract import ActionError

pytestmark = in_warehouse


def test_entities_are_counted_by_status_type_month_and_agent(place):
    agent = {"agent_type": "C", "agent_name": "HERON AGENTS INC"}
    put(
        place,
        "20250702c.txt",
        entity(1, principal_city="Port Marlin", fei="123456789", **agent),
        entity(2, principal_city="PORT MARLIN", file_date="06302025", **agent),
        entity(3, status="I", filing_type="DOMP", file_date="07012025"),
        entity(4, agent_type="P", agent_name="HALVERSTEN          EMERSON", file_date="08152025"),
    )
    put(place, "20250702ce.txt", event(1))
    put_zip(place, "ficdata.zip", {"FICFILE.TXT": text([fictitious(1), fictitious(2, status="E")])})
    sync()

    metrics = run("generate_dashboard_metrics", months=3)

    assert (metrics["entities"], metrics["active"], metrics["inactive"]) == (4, 3, 1)
    assert (metrics["active_share"], metrics["empty"], metrics["as_of"]) == (0.75, False, "2025-07-02")
    assert metrics["by_filing_type"] == [
        {"filing_type": "FLAL", "active": 3, "inactive": 0},
        {"filing_type": "DOMP", "active": 0, "inactive": 1},
    ]
    assert metrics["new_by_month"] == [
        {"value": "2025-05", "count": 0},
        {"value": "2025-06", "count": 1},
        {"value": "2025-07", "count": 1},
    ]
    assert metrics["top_cities"] == [{"value": "PORT MARLIN", "count": 2}]
    assert metrics["top_agents"] == [{"value": "HERON AGENTS INC", "count": 2}]  # a person is not ranked
    assert metrics["completeness"]["fei"] == 0.25
    assert (metrics["events"], metrics["fictitious_names"]) == (1, 2)
    assert metrics["fictitious_by_status"] == [{"value": "A", "count": 1}, {"value": "E", "count": 1}]


def test_nothing_loaded_gives_zeros_and_says_so():
    metrics = run("generate_dashboard_metrics")

    assert (metrics["empty"], metrics["entities"], metrics["active_share"], metrics["as_of"]) == (True, 0, None, None)
    assert len(metrics["new_by_month"]) == 12


def test_addresses_of_all_kinds_are_in_one_view(place):
    put(
        place,
        "20250702c.txt",
        entity(
            principal_address_1="1 CORAL ST",
            mail_address_1="2 CORAL ST",
            agent_address="3 CORAL ST",
            officer_2_address="4 CORAL ST",
            officer_2_name="X",
        ),
    )
    sync()

    assert rows("SELECT kind, line_1 FROM sunbiz_address ORDER BY line_1") == [
        ("principal", "1 CORAL ST"),
        ("mail", "2 CORAL ST"),
        ("agent", "3 CORAL ST"),
        ("officer", "4 CORAL ST"),
    ]


@pytest.mark.parametrize("action", ["sync_entities", "monitor_status", "generate_dashboard_metrics"])
def test_a_warehouse_without_its_tables_says_what_to_run(place, action):
    put(place, "20250702c.txt", entity())
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("ALTER TABLE workers_feedfile RENAME TO elsewhere")
    try:
        with pytest.raises(ActionError, match=r"`manage\.py migrate --database warehouse`") as failure:
            run(action, source="inbox") if action != "generate_dashboard_metrics" else run(action)
    finally:
        with connections["warehouse"].cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO workers_feedfile")

    assert failure.value.status == 400
