"""Recorded step-by-step runs counted both ways: as they were, and as one plan and one answer would have carried them.

A run is ``{"question": ..., "steps": [{"thought", "action", "observation"}, ...]}``; its last step gives the answer.
Asking before every step sends the fixed prompt, the question and all that came before with every call, so its input
grows with the square of the steps. Planning once sends each part once: the plan is made from the question alone, the
answer from the observations. The plan is the recorded one, known in hindsight: a lower bound for planning once.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from operations.compression import compress
from workers import tokens

Json = dict[str, Any]

# How much less a provider asks for input that it has in its cache: what has been seen on price lists.
CACHE_DISCOUNTS = (0.5, 0.75, 0.9)


class BadRecording(Exception):
    """The file holds no recorded runs; the text says what is wrong with it."""


@dataclass(frozen=True)
class Run:
    """The tokens of one recorded run; the lists have an entry per call, of which the last is the answer."""

    question: int
    thoughts: list[int]
    actions: list[int]
    observations: list[int]
    compressed: list[int]

    @property
    def calls(self) -> int:
        return len(self.actions)

    @property
    def said(self) -> list[int]:
        return [thought + action for thought, action in zip(self.thoughts, self.actions, strict=True)]


@dataclass(frozen=True)
class Fixed:
    """The tokens of the prompts that never change: the loop's, the planner's, and that of the one who answers."""

    loop: int
    plan: int
    answer: int


def read(path: Path) -> list[Json]:
    """The runs recorded at ``path``. Raises `BadRecording`."""
    try:
        runs = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadRecording(f"{path} cannot be read: {error}") from error
    if not isinstance(runs, list) or not runs or not all(_is_run(run) for run in runs):
        raise BadRecording(f"{path}: expected a list of {{question, steps: [{{thought, action, observation}}]}}.")
    return runs


def _is_run(run: Any) -> bool:
    steps = run.get("steps") if isinstance(run, dict) else None
    parts = ("thought", "action", "observation")
    return (
        isinstance(steps, list)
        and bool(steps)
        and isinstance(run.get("question"), str)
        and all(isinstance(step, dict) and all(isinstance(step.get(part), str) for part in parts) for step in steps)
    )


def count(run: Json) -> Run:
    """Count ``run`` with the tokenizer; what was observed after the answer does not count."""
    steps, question = run["steps"], run["question"]
    seen = [step["observation"] for step in steps[:-1]]
    return Run(
        question=tokens.count(question),
        thoughts=[tokens.count(step["thought"]) for step in steps],
        actions=[tokens.count(step["action"]) for step in steps],
        observations=[tokens.count(text) for text in seen],
        compressed=[_compressed(text, question) for text in seen],
    )


def _compressed(text: str, question: str) -> int:
    return compress(text, query=question, limit=max(24, tokens.count(text) * 35 // 100)).after


def step_by_step(run: Run, fixed: Fixed) -> tuple[int, int]:
    """(input, output) of asking before every step."""
    carried = sum(
        (run.calls - number) * (said + observed)
        for number, (said, observed) in enumerate(zip(run.said[:-1], run.observations, strict=True), 1)
    )
    return run.calls * (fixed.loop + run.question) + carried, sum(run.said)


def planned_once(run: Run, fixed: Fixed, *, terse: bool = False, compressed: bool = False) -> tuple[int, int]:
    """(input, output) of one plan and one answer. ``terse``: the plan names actions only, without thoughts."""
    plan = sum((run.actions if terse else run.said)[:-1])
    seen = sum(run.compressed if compressed else run.observations)
    return fixed.plan + fixed.answer + 2 * run.question + plan + seen, plan + run.said[-1]


def never_sent_twice(run: Run, fixed: Fixed) -> int:
    """The part of the step-by-step input that a provider's prefix cache has not seen: everything, once."""
    return fixed.loop + run.question + sum(run.said[:-1]) + sum(run.observations)


def report(recorded: Iterable[Json], fixed: Fixed) -> Json:
    """Both ways over all runs, with the fixed prompts and without any, as means per run and per number of calls."""
    runs = [count(run) for run in recorded]
    without = Fixed(0, 0, 0)
    return {
        "runs": len(runs),
        "calls": _mean(float(run.calls) for run in runs),
        "tokens": {
            "fixed_prompt": {"step_by_step": fixed.loop, "plan": fixed.plan, "answer": fixed.answer},
            "thought_and_action": _mean(said for run in runs for said in run.said),
            "observation": _mean(seen for run in runs for seen in run.observations),
            "observation_compressed": _mean(seen for run in runs for seen in run.compressed),
        },
        "with_fixed_prompts": _both_ways(runs, fixed),
        "without_fixed_prompts": _both_ways(runs, without),
        "by_calls": {
            str(calls): _both_ways([run for run in runs if run.calls == calls], fixed)
            for calls in sorted({run.calls for run in runs})
        },
        "input_cost_with_prefix_caching": {
            f"{discount:.0%} off": _with_caching(runs, fixed, discount) for discount in CACHE_DISCOUNTS
        },
    }


WAYS: dict[str, dict[str, bool]] = {
    "planned_once": {},
    "planned_once_tersely": {"terse": True},
    "planned_once_tersely_compressed": {"terse": True, "compressed": True},
}


def _both_ways(runs: Sequence[Run], fixed: Fixed) -> Json:
    old = [sum(step_by_step(run, fixed)) for run in runs]
    shown: Json = {"runs": len(runs), "step_by_step": _mean(old)}
    for name, options in WAYS.items():
        new = [sum(planned_once(run, fixed, **options)) for run in runs]
        shares = sorted(1 - after / before for before, after in zip(old, new, strict=True))
        shown[name] = {"tokens": _mean(new), "saved": round(1 - sum(new) / sum(old), 4), "worst": round(shares[0], 4)}
    return shown


def _with_caching(runs: Sequence[Run], fixed: Fixed, discount: float) -> float:
    """The share of the input's cost that planning once saves where only the step-by-step way is cached."""

    def cost(run: Run) -> float:
        sent, fresh = step_by_step(run, fixed)[0], never_sent_twice(run, fixed)
        return fresh + (sent - fresh) * (1 - discount)

    new = sum(planned_once(run, fixed)[0] for run in runs)
    return round(1 - new / sum(cost(run) for run in runs), 4)


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return round(float(mean(values)), 1) if values else 0.0
