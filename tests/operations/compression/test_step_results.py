"""What the next step needs of results and histories is there after compression: identifiers, amounts, decisions."""

import json
from typing import Any

import pytest

from operations.compression import compress, decode
from operations.evidence import resolve
from tests.operations.compression.results import history, processed, step_result

Json = dict[str, Any]

NEEDED = ("label", "county_no", "county", "rows_read", "rows_processed", "rows_quarantined")


def missing_facts(text: str, result: Json) -> list[str]:
    """What the next step needs of a load's result and ``text`` does not say, or not beside the right label."""
    told = decode(text)
    files = told["files"] if isinstance(told["files"], list) else told["files"]["shown"]
    by_label = {row["label"]: row for row in files}
    missing = [name for name in ("counties", "rows_processed", "threshold") if told.get(name) != result[name]]
    for file in result["files"]:
        row = by_label.get(file["label"], {})
        missing += [f"{file['label']}: {name}" for name in NEEDED if row.get(name) != file[name]]
        missing += [
            f"{file['label']}: rows" for part in [row.get("dataset", {})] if part.get("rows") != file["dataset"]["rows"]
        ]
    return missing


def test_a_result_needs_a_third_of_the_tokens_and_loses_nothing() -> None:
    result = step_result()

    compressed = compress(result)

    assert compressed.is_lossless
    assert decode(compressed.text) == result
    assert not missing_facts(compressed.text, result)
    assert compressed.after < 0.4 * compressed.before  # most of what is left are digests, of which nothing can be saved


@pytest.mark.parametrize("share", [0.3, 0.25, 0.2, 0.15])
def test_under_a_limit_digests_go_before_identifiers_and_amounts(share: float) -> None:
    result = step_result()
    limit = int(share * compress(result).before)

    compressed = compress(result, limit=limit, reference="#E2")

    assert compressed.after <= limit
    assert not missing_facts(compressed.text, result)
    assert [omission.reference for omission in compressed.omitted] == ["#E2.files"]
    assert "dataset.sha256" in compressed.omitted[0].what


def test_the_check_notices_a_single_lost_or_swapped_fact() -> None:
    result = step_result()
    text = compress(result, limit=int(0.3 * compress(result).before)).text
    lost = json.loads(json.dumps(result))
    lost["files"][17]["rows_processed"] += 1
    swapped = json.loads(json.dumps(result))
    swapped["files"][3]["county_no"], swapped["files"][4]["county_no"] = 15, 14

    assert missing_facts(text, lost) == ["Bradford 1 NAL 2025P: rows_processed"]
    assert len(missing_facts(text, swapped)) == 2


def test_a_history_loses_nothing_and_most_of_its_tokens() -> None:
    compressed = compress(history())

    assert decode(compressed.text) == history()
    assert compressed.after < 0.35 * compressed.before


@pytest.mark.parametrize("limit", [1500, 800, 500])
def test_decisions_and_failures_outlive_the_routine(limit: int) -> None:
    events = history()

    compressed = compress(events, limit=limit, reference="#E5")

    shown = {row["id"]: row for row in decode(compressed.text)["shown"]}
    assert compressed.after <= limit
    for number in (58, 91):  # the escalation with its threshold, and what was decided: word for word
        assert shown[9000 + number] == {"row": number} | events[number]
    assert shown[9057]["data"] == events[57]["data"]
    assert f"{len(events)}" in compressed.text


def test_every_omission_can_be_looked_up() -> None:
    results = {"E1": step_result(), "E5": history(), "E7": {"notes": {"text": "Loaded. " * 400}, "deep": [[history()]]}}
    for name, result in results.items():
        compressed = compress(result, limit=400, reference=f"#{name}")

        assert compressed.omitted
        for omission in compressed.omitted:
            part = resolve(omission.reference, results.__getitem__)
            assert part
            assert omission.reference in compressed.text


def test_a_row_that_is_shown_says_its_number() -> None:
    result = step_result()
    told = decode(compress(result, limit=500, reference="#E1", query="Citrus 2").text)

    for row in told["files"]["shown"]:
        whole = resolve(f"#E1.files.{row['row']}", lambda name: result)
        assert whole["label"] == row["label"]
    assert "Citrus 2" in [row["county"] for row in told["files"]["shown"]]  # what was asked for is among them


def test_figures_stand_for_the_rows_that_are_left_out() -> None:
    files = [processed(number) for number in range(50)]

    columns = decode(compress(files, limit=700).text)["columns"]

    assert columns["rows_processed"]["sum"] == sum(file["rows_processed"] for file in files)
    assert columns["rows_processed"]["min"] == min(file["rows_processed"] for file in files)
    assert columns["rows_processed"]["max"] == max(file["rows_processed"] for file in files)
    assert columns["file_type"] == "NAL"
    assert columns["county"]["distinct"] == 50
