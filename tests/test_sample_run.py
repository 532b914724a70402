"""What `make run` shows of the sample operations."""

from typing import Any

from concord import sample_run
from operations.states import OperationType


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


def test_the_summary_of_a_check_says_what_it_found():
    result = {
        "health": {"status": "warn", "attention": ["disk: 9% of the disk is free (warn below 10%)"]},
        "performance": {"summary": ["2 operations in the last 24 h, of which 0 failed."]},
        "completion": [{"words": "NAL 2025: 3 of 67 counties are loaded, 64 are missing."}],
    }
    assert sample_run.summary(make_operation(result=result)) == [
        "health: warn",
        "disk: 9% of the disk is free (warn below 10%)",
        "2 operations in the last 24 h, of which 0 failed.",
        "NAL 2025: 3 of 67 counties are loaded, 64 are missing.",
        "completed in 2.3 s with confidence 0.93",
    ]


def test_the_summary_of_a_validation_has_a_row_for_each_file():
    file = {"label": "Duval SDF 2025P", "rows_read": 1234, "passed": 21, "warnings": 1, "failed": 0}
    operation = make_operation(operation_type="data_validation", result={"files": [file]})
    assert sample_run.summary(operation)[:2] == [
        "file              rows  rules kept  warnings  broken",
        "Duval SDF 2025P  1,234          21         1       0",
    ]


def test_what_steps_say_of_themselves_is_shown():
    result = {"results": {"E1": {"answer": "12 sales."}, "E2": {"words": "3 rows."}, "E3": {"rows": 1}}}
    assert sample_run.summary(make_operation(result=result))[:2] == ["12 sales.", "3 rows."]
    result = {"use_codes": {"words": "15 codes look wrong."}}
    assert sample_run.summary(make_operation(result=result))[0] == "15 codes look wrong."


def test_there_is_a_sample_of_each_type():
    assert {sample.operation_type for sample in sample_run.SAMPLES} == set(OperationType.values)


def test_the_summary_of_a_sync_says_what_it_brought():
    counts = {"files_downloaded": 26, "records_processed": 3912, "records_quarantined": 1, "gaps": 2}
    result = counts | {"entities": 2280, "active": 1245, "statuses_changed": 264, "names_changed": 85}
    said = (
        "26 files, 3,912 records, 1 set aside; 2,280 entities, 1,245 of them active; 264 changed their status, "
        "85 their name; 2 working days without a file"
    )
    assert sample_run.summary(make_operation(result=result)) == [said, "completed in 2.3 s with confidence 0.93"]
    owners = {"owners_linked": 28, "owners_open": 36}
    assert sample_run.summary(make_operation(result=result | owners))[0] == f"{said}; 28 owners are entities, 36 may be"
