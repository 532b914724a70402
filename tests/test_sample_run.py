"""What `make run` shows of the sample operations."""

from typing import Any

from concord import sample_run


def make_step(
    step: str, action: str, status: str = "completed", result: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"id": step, "action": action, "status": status, "result": result}


def make_operation(**fields: Any) -> dict[str, Any]:
    ended = {"status": "completed", "execution_time_ms": 2345, "confidence_score": 0.93, "error": None, "steps": []}
    return ended | fields


def test_progress_counts_the_finished_steps_of_each_action():
    steps = [
        make_step("E1", "discover"),
        make_step("E2", "download", "running"),
        make_step("E2[0]", "download"),
        make_step("E2[1]", "download", "running"),
        make_step("E3", "process", "pending"),
    ]
    assert sample_run.progress(make_operation(status="executing", steps=steps)) == (
        "executing: discover 1/1, download 1/2, process 0/1"
    )


def test_an_operation_without_steps_has_only_its_status():
    assert sample_run.progress(make_operation(status="planning")) == "planning"


def test_the_summary_has_a_row_for_each_file_and_how_it_ended():
    file = {"label": "Duval SDF 2025P", "rows_source": 12345, "rows_loaded": 12340, "rows_quarantined": 5}
    operation = make_operation(
        steps=[make_step("E6[0]", "verify", result=file), make_step("E5[0]", "upload", result={})]
    )
    assert sample_run.summary(operation) == [
        "file               rows  loaded  quarantined",
        "Duval SDF 2025P  12,345  12,340            5",
        "completed in 2.3 s with confidence 0.93",
    ]


def test_an_operation_that_waits_for_a_person_says_why():
    operation = make_operation(status="escalating", execution_time_ms=None, confidence_score=None, error="rule broken")
    assert sample_run.summary(operation) == ["escalating: rule broken"]
