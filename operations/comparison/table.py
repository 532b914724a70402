"""The comparison for people: a table per operation type, then what it comes to."""

from collections.abc import Iterator, Sequence
from typing import Any

Json = dict[str, Any]

HEAD = ["", "calls", "prompt", "cached", "answers", "tokens", "fewer", "seconds", "faster", "of workers", "$"]


def lines(report: Json) -> Iterator[str]:
    """The report in lines of text."""
    for kind, ways in report["types"].items():
        yield from _type(kind, ways)
    yield from _claims(report)
    yield from _month(report["per_month"])
    yield ""
    yield report["simulated"]


def _type(kind: str, ways: Json) -> Iterator[str]:
    yield ""
    yield kind
    base = next(iter(ways.values()))["cold"]
    rows = [HEAD]
    for way, rounds in ways.items():
        for name, one in rounds.items():
            rows.append(_row(f"  {way}, {name}", one, base))
    yield from aligned(rows)
    seen = ", ".join(f"{step} {count:,}" for step, count in base["observation_tokens"].items())
    yield f"  {base['steps']} steps; tokens of what they brought: {seen}"


def _row(name: str, one: Json, base: Json) -> list[str]:
    fewer = f"{1 - one['tokens'] / base['tokens']:.1%}" if base["tokens"] else ""
    numbers = [one[field] for field in ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "tokens")]
    return [
        name,
        *(f"{number:,}" for number in numbers),
        fewer,
        f"{one['seconds']:.1f}",
        f"{base['seconds'] / one['seconds']:.1f}x" if one["seconds"] else "",
        f"{one['worker_seconds']:.1f}",
        f"{one['cost_usd']:.4f}",
    ]


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as they must be, the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([row[0].ljust(len(first)), *others]).rstrip()


def _claims(report: Json) -> Iterator[str]:
    yield ""
    for way, rounds in report["against"].items():
        for name, shown in rounds.items():
            yield (
                f"Against {way}, {name}: at least {shown['token_reduction']:.1%} fewer tokens ({shown['worst_type']}), "
                f"{shown['token_reduction_mean']:.1%} in the mean; at least {shown['speedup']:.1f} times as fast, "
                f"{shown['coordination_speedup']:.1f} times without the workers' time"
            )
    equal = "equal" if report["results_equal"] else f"NOT equal: {'; '.join(report['differences']) or 'see statuses'}"
    yield f"Results: {equal}."
    yield f"Most tokens of one of Concord's operations: {report['most_tokens_of_an_operation']:,}."
    if (again := report["planning_tokens_of_second_runs"]) is not None:
        yield f"Planning tokens of the second runs of the same types: {again:,}."
    if counted := report["counted_by_server"]:
        words = (
            "the same as in token_usage" if counted["equal"] else f"NOT the same for {', '.join(counted['unequal'])}"
        )
        yield f"Tokens that the model's server counted: {counted['tokens']:,}, {words}."
    fixed = ", ".join(f"{way} {count:,}" for way, count in report["fixed_prompt_tokens"].items() if count)
    if fixed:
        yield f"Tokens of the prompt that never changes: {fixed}."


def _month(month: Json) -> Iterator[str]:
    price = month["price"]
    yield (
        f"A month of {month['operations_per_day']} operations a day at the price of {price['model']} "
        f"(${price['input_per_million']:g} in, ${price['cached_per_million']:g} cached, "
        f"${price['output_per_million']:g} out per million; {price['source']}), prefix caching counted:"
    )
    spent = ", ".join(f"{way} ${dollars:,.2f}" for way, dollars in month["dollars"].items() if dollars is not None)
    saved = ", ".join(f"${dollars:,.2f} against {way}" for way, dollars in month["saved"].items())
    yield f"  {spent}. Saved once plans are kept: {saved}."


def replayed(report: Json) -> Iterator[str]:
    """The replay's report in lines of text."""
    sizes = report["tokens"]
    yield (
        f"{report['runs']} recorded runs, {report['calls']} calls each; tokens: thought and action "
        f"{sizes['thought_and_action']}, observation {sizes['observation']} "
        f"(compressed {sizes['observation_compressed']})"
    )
    fixed = sizes["fixed_prompt"]
    yield f"Fixed prompts: {fixed['step_by_step']:,} step by step, {fixed['plan']:,} plan, {fixed['answer']:,} answer"
    names = {"with_fixed_prompts": "with fixed prompts", "without_fixed_prompts": "without fixed prompts"}
    rows = [["", "runs", "step by step", "once", "saved", "tersely", "saved", "and compressed", "saved"]]
    rows += [_replay_row(words, report[name]) for name, words in names.items()]
    rows += [_replay_row(f"  {calls} calls", shown) for calls, shown in report["by_calls"].items()]
    yield from aligned(rows)
    cached = ", ".join(f"{share:.1%} at {off}" for off, share in report["input_cost_with_prefix_caching"].items())
    yield f"Saved of the input's cost where only the step-by-step way is cached: {cached}"
    yield "Plans are known in hindsight, and token counts say nothing about the quality of answers."


def _replay_row(name: str, shown: Json) -> list[str]:
    cells = [name, str(shown["runs"]), f"{shown['step_by_step']:,}"]
    for way in ("planned_once", "planned_once_tersely", "planned_once_tersely_compressed"):
        cells += [f"{shown[way]['tokens']:,}", f"{shown[way]['saved']:.1%}"]
    return cells
