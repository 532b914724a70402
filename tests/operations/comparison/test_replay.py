"""Recorded runs are counted both ways, by hand-checked sums."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from operations.comparison import replay
from operations.comparison.replay import Fixed
from workers import tokens

RUN = {
    "question": "Which county has more parcels, Duval or Lee?",
    "steps": [
        {"thought": "I look up Duval.", "action": "Search[Duval]", "observation": "Duval has 412,000 parcels."},
        {"thought": "Now Lee.", "action": "Search[Lee]", "observation": "Lee has 545,000 parcels."},
        {"thought": "Lee has more.", "action": "Finish[Lee]", "observation": "Answer is CORRECT"},
    ],
}


def counted(*texts: str) -> int:
    return sum(tokens.count(text) for text in texts)


def said(number: int) -> int:
    step = RUN["steps"][number]
    return counted(step["thought"], step["action"])  # type: ignore[index]


def seen(number: int) -> int:
    return counted(RUN["steps"][number]["observation"])  # type: ignore[index]


def test_the_loop_sends_everything_again_with_every_call() -> None:
    prompt, answers = replay.step_by_step(replay.count(RUN), Fixed(1000, 0, 0))

    question = counted(str(RUN["question"]))
    assert prompt == 3 * (1000 + question) + 2 * (said(0) + seen(0)) + (said(1) + seen(1))
    assert answers == said(0) + said(1) + said(2)


def test_a_plan_and_an_answer_send_everything_once() -> None:
    prompt, answers = replay.planned_once(replay.count(RUN), Fixed(0, 500, 100))

    question = counted(str(RUN["question"]))
    assert prompt == 500 + 100 + 2 * question + said(0) + said(1) + seen(0) + seen(1)
    assert answers == said(0) + said(1) + said(2)


def test_a_terse_plan_names_actions_only() -> None:
    run = replay.count(RUN)
    verbose, terse = (sum(replay.planned_once(run, Fixed(0, 0, 0), terse=terse)) for terse in (False, True))
    thoughts = counted(RUN["steps"][0]["thought"], RUN["steps"][1]["thought"])  # type: ignore[index]
    assert verbose - terse == 2 * thoughts  # in the plan, and again before the answer


def test_the_command_shows_both_ways_with_and_without_fixed_prompts(tmp_path: Path) -> None:
    recorded = tmp_path / "runs.json"
    recorded.write_text(json.dumps([RUN, RUN]))
    printed = StringIO()
    call_command(
        "compare", "--replay", str(recorded), "--json", "--fixed-prompts", "1000", "500", "100", stdout=printed
    )
    found = json.loads(printed.getvalue())

    assert (found["runs"], found["calls"]) == (2, 3)
    run = replay.count(RUN)
    old, new = sum(replay.step_by_step(run, Fixed(1000, 0, 0))), sum(replay.planned_once(run, Fixed(0, 500, 100)))
    assert found["with_fixed_prompts"]["planned_once"]["saved"] == round(1 - new / old, 4)
    bare = found["without_fixed_prompts"]
    assert bare["planned_once"]["saved"] < found["with_fixed_prompts"]["planned_once"]["saved"]
    cached = found["input_cost_with_prefix_caching"]
    assert cached["90% off"] < cached["50% off"] < 1


def test_the_command_prints_a_table(tmp_path: Path) -> None:
    recorded = tmp_path / "runs.json"
    recorded.write_text(json.dumps([RUN]))
    printed = StringIO()
    call_command("compare", "--replay", str(recorded), stdout=printed)
    assert "1 recorded runs, 3.0 calls each" in printed.getvalue()
    assert "with fixed prompts" in printed.getvalue()


@pytest.mark.parametrize("content", ["", "{}", "[]", '[{"question": "why?"}]', '[{"question": "why?", "steps": [{}]}]'])
def test_a_file_that_holds_no_runs_is_refused_by_name(tmp_path: Path, content: str) -> None:
    recorded = tmp_path / "runs.json"
    recorded.write_text(content)
    with pytest.raises(CommandError, match=r"runs\.json"):
        call_command("compare", "--replay", str(recorded))


RECORDED = Path(__file__).parents[3].parent / "shared/data/compression/react_trajectories_hotpotqa_100.json"


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded runs are not here")
def test_on_real_recorded_runs_planning_once_saves_most_where_steps_are_many() -> None:
    runs: Any = replay.read(RECORDED)[:20]
    by_calls = replay.report(runs, Fixed(1446, 679, 150))["by_calls"]
    saved = [shown["planned_once"]["saved"] for shown in by_calls.values()]
    assert saved == sorted(saved)
    assert saved[0] > 0.5
