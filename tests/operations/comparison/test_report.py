"""What is claimed follows from what was measured: the worst type counts, and a difference in results is told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from operations.comparison import table
from operations.comparison.measures import Measure, busy_seconds, measure
from operations.comparison.outcomes import difference, outcome
from operations.comparison.prices import Price
from operations.comparison.report import Volume, report

PRICE = Price("gpt-4o", Decimal("2.5"), Decimal("1.25"), Decimal(10))
ABOUT = {"model": "scripted", "simulated": "The model is scripted."}


def measured(kind: str, way: str, tokens: int, seconds: float, run: int = 1, **fields: Any) -> Measure:
    given: dict[str, Any] = {
        "operation_type": kind,
        "way": way,
        "run": run,
        "operation_id": f"op-{kind}-{way}-{run}",
        "status": "completed",
        "plan_source": "react",
        "calls": 3,
        "prompt_tokens": tokens - 100,
        "cached_tokens": 0,
        "completion_tokens": 100,
        "estimated_calls": 0,
        "by_purpose": {"planning": tokens},
        "steps": 3,
        "observation_tokens": {"E1": 50},
        "seconds": seconds,
        "worker_seconds": 1.0,
        "outcome": {"status": "completed", "steps": [["plant.double", "completed", {"value": 2}]]},
        "counted_by_server": tokens,
    }
    return Measure(**given | fields)


OLD_AND_NEW = [
    measured("custom", "classic", 10_000, 10.0),
    measured("custom", "concord", 2_000, 4.0),
    measured("custom", "concord", 100, 2.0, run=2, by_purpose={}),
    measured("data_pipeline", "classic", 40_000, 21.0),
    measured("data_pipeline", "concord", 1_000, 3.0),
]


def test_the_worst_type_is_what_is_claimed() -> None:
    found = report(OLD_AND_NEW, Volume(100, PRICE), ABOUT)
    assert found["token_reduction"] == 0.8
    assert found["worst_type"] == "custom"
    assert found["speedup"] == 2.5
    assert found["against"]["classic"]["cold"]["coordination_speedup"] == 3.0
    assert found["against"]["classic"]["warm"]["token_reduction"] == 0.99
    assert found["most_tokens_of_an_operation"] == 2_000
    assert found["planning_tokens_of_second_runs"] == 0


def test_a_month_costs_what_its_tokens_cost() -> None:
    found = report(OLD_AND_NEW[:2], Volume(100, PRICE), ABOUT)["per_month"]
    assert found["dollars"]["classic"] == round(3000 * (9_900 * 2.5 + 100 * 10) / 1e6, 2)
    assert found["saved"]["classic"] == round(found["dollars"]["classic"] - found["dollars"]["concord"], 2)


def test_other_results_are_no_saving() -> None:
    other = {"status": "completed", "steps": [["plant.double", "completed", {"value": 3}]]}
    found = report([OLD_AND_NEW[0], replace(OLD_AND_NEW[1], outcome=other)], Volume(100, PRICE), ABOUT)
    assert not found["results_equal"]
    assert found["differences"] == ["custom, classic, run 1: plant.double: result.value is 2 against 3"]
    assert "NOT equal" in "\n".join(table.lines(found))


def test_an_operation_that_did_not_complete_is_no_saving() -> None:
    found = report([OLD_AND_NEW[0], replace(OLD_AND_NEW[1], status="escalating")], Volume(100, PRICE), ABOUT)
    assert not found["results_equal"]


def test_tokens_that_the_server_counted_otherwise_are_told() -> None:
    found = report([OLD_AND_NEW[0], replace(OLD_AND_NEW[1], counted_by_server=1)], Volume(100, PRICE), ABOUT)
    assert found["counted_by_server"]["unequal"] == ["op-custom-concord-1"]


def test_the_table_has_a_row_for_each_way_and_the_sizes_beside_the_claim() -> None:
    shown = "\n".join(table.lines(report(OLD_AND_NEW, Volume(100, PRICE), ABOUT)))
    assert "classic, cold" in shown
    assert "concord, warm" in shown
    assert "at least 80.0% fewer tokens (custom)" in shown
    assert "3 steps; tokens of what they brought: E1 50" in shown


def step(step_id: str, begun: int, ended: int, result: Any = None) -> dict[str, Any]:
    return {
        **{"id": step_id, "worker": "plant", "action": "double", "status": "completed", "result": result},
        "started_at": f"2026-01-01T00:00:{begun:02}Z",
        "finished_at": f"2026-01-01T00:00:{ended:02}Z",
    }


def test_workers_that_run_side_by_side_are_busy_once() -> None:
    steps = [step("E1", 0, 2), step("E2", 0, 9), step("E2[0]", 1, 4), step("E2[1]", 3, 5), step("E3", 8, 9)]
    assert busy_seconds(steps) == 6.0


def test_a_measure_is_read_from_the_api() -> None:
    operation = {
        **{"operation_id": "op-1", "operation_type": "custom", "status": "completed", "plan_source": "rewoo"},
        "steps": [step("E1", 0, 1, {"value": 1}), step("E2", 1, 2, [1]), step("E2[0]", 1, 2, 5)],
    }
    call = {"purpose": "planning", "prompt_tokens": 90, "completion_tokens": 10, "cached_tokens": 0, "estimated": True}
    one = measure("concord", 1, operation, [call, call], 3.0, None)
    assert (one.calls, one.tokens, one.planning_tokens, one.estimated_calls) == (2, 200, 200, 2)
    assert one.steps == 2
    assert one.as_json()["coordination_seconds"] == 1.0


def test_outcomes_are_compared_without_addresses_and_folders() -> None:
    def brought(url: str, folder: str, rows: int) -> dict[str, Any]:
        result = {"url": f"{url}/a", "path": f"{folder}/x", "rows": rows, "modified": folder}
        operation = {"operation_type": "custom", "status": "completed", "steps": [step("E1", 0, 1, result)]}
        return outcome(operation, folder)

    ours = brought("http://127.0.0.1:8001", "/tmp/a", 3)
    assert difference(ours, brought("http://127.0.0.1:9001", "/tmp/b", 3)) == ""
    assert "result.rows is 3 against 4" in difference(ours, brought("http://127.0.0.1:9001", "/tmp/b", 4))
