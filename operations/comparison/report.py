"""From measures to claims: what Concord saves against each baseline, per operation type and at its worst."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from operations.comparison.measures import Measure
from operations.comparison.outcomes import MEASURING, difference
from operations.comparison.prices import Price
from operations.comparison.ways import CLASSIC, CONCORD, WAYS

Json = dict[str, Any]

BUDGET = 9_500
COLD, WARM = 1, 2
DAYS = 30


@dataclass(frozen=True)
class Volume:
    """How many operations a day, and at whose prices."""

    per_day: int
    price: Price


def report(measures: Sequence[Measure], volume: Volume, about: Json) -> Json:
    """All figures as JSON. The three that are claimed stand first; ``about`` says how they came to be."""
    table = {(one.operation_type, one.way, one.run): one for one in measures}
    types = list(dict.fromkeys(one.operation_type for one in measures))
    ways = list(dict.fromkeys(one.way for one in measures))
    baselines = [way for way in ways if way != CONCORD]
    against = {way: _against(way, types, table) for way in baselines}
    claimed = against.get(CLASSIC) or next(iter(against.values()))
    differences = list(_differences(types, baselines, table))
    new = [one for one in measures if one.way == CONCORD]
    warm = [one for one in new if one.run == WARM]
    return {
        "token_reduction": claimed["cold"]["token_reduction"],
        "speedup": claimed["cold"]["speedup"],
        "results_equal": not differences and all(_ended_well(one) for one in measures),
        "worst_type": claimed["cold"]["worst_type"],
        "differences": differences,
        "most_tokens_of_an_operation": max(one.tokens for one in new),
        "within_budget": all(one.tokens <= BUDGET for one in new),
        "planning_tokens_of_second_runs": sum(one.planning_tokens for one in warm) if warm else None,
        "counted_by_server": _counted(measures),
        "against": against,
        "types": {kind: _type(kind, ways, table, volume.price) for kind in types},
        "fixed_prompt_tokens": {way: _largest(measures, way) for way in ways},
        "per_month": _per_month(measures, ways, volume),
        "ways": {way: WAYS[way].words for way in ways},
        **about,
    }


def _ended_well(one: Measure) -> bool:
    return one.status == "completed" or one.operation_type in MEASURING


Table = dict[tuple[str, str, int], Measure]


def _against(way: str, types: Iterable[str], table: Table) -> Json:
    """Concord against one baseline, cold and warm: the worst type, the mean, and each type."""
    rounds = {"cold": COLD, "warm": WARM}
    return {
        name: shown
        for name, run in rounds.items()
        if (shown := _round({kind: _pair(kind, way, run, table) for kind in types}))
    }


def _pair(kind: str, way: str, run: int, table: Table) -> tuple[Measure, Measure] | None:
    """(the baseline's, Concord's). A baseline learns nothing from its first run, which may stand for the second."""
    new = table.get((kind, CONCORD, run))
    old = table.get((kind, way, run)) or table.get((kind, way, COLD))
    return (old, new) if old and new else None


def _round(pairs: dict[str, tuple[Measure, Measure] | None]) -> Json:
    known = {kind: pair for kind, pair in pairs.items() if pair}
    if not known:
        return {}
    by_type = {kind: _saved(old, new) for kind, (old, new) in known.items()}
    worst = min(by_type, key=lambda kind: by_type[kind]["token_reduction"])
    return {
        "token_reduction": by_type[worst]["token_reduction"],
        "worst_type": worst,
        "token_reduction_mean": round(mean(saved["token_reduction"] for saved in by_type.values()), 4),
        "speedup": min(saved["speedup"] for saved in by_type.values()),
        "coordination_speedup": min(saved["coordination_speedup"] for saved in by_type.values()),
        "by_type": by_type,
    }


def _saved(old: Measure, new: Measure) -> Json:
    coordinating = max(old.seconds - old.worker_seconds, 0.0), max(new.seconds - new.worker_seconds, 0.01)
    return {
        "token_reduction": round(1 - new.tokens / old.tokens, 4) if old.tokens else 0.0,
        "tokens": [old.tokens, new.tokens],
        "calls": [old.calls, new.calls],
        "speedup": round(old.seconds / new.seconds, 2),
        "coordination_speedup": round(coordinating[0] / coordinating[1], 2),
    }


def _differences(types: Iterable[str], baselines: Iterable[str], table: Table) -> Iterable[str]:
    for kind in types:
        for way in baselines:
            for run in (COLD, WARM):
                old, new = table.get((kind, way, run)), table.get((kind, CONCORD, run))
                if old and new and (words := difference(old.outcome, new.outcome)):
                    yield f"{kind}, {way}, run {run}: {words}"


def _counted(measures: Sequence[Measure]) -> Json | None:
    """Whether each operation's token_usage is what the model's server counted, where it is ours."""
    known = [one for one in measures if one.counted_by_server is not None]
    if not known:
        return None
    wrong = [one.operation_id for one in known if one.counted_by_server != one.tokens]
    return {"equal": not wrong, "tokens": sum(one.counted_by_server or 0 for one in known), "unequal": wrong}


def _type(kind: str, ways: Iterable[str], table: Table, price: Price) -> Json:
    shown: Json = {}
    for way in ways:
        for name, run in (("cold", COLD), ("warm", WARM)):
            if one := table.get((kind, way, run)):
                shown.setdefault(way, {})[name] = one.as_json() | _cost(one, price)
    return shown


def _cost(one: Measure, price: Price) -> Json:
    return {
        "cost_usd": round(price.cost(one.prompt_tokens, one.cached_tokens, one.completion_tokens), 6),
        "cost_usd_without_prefix_cache": round(price.cost(one.prompt_tokens, 0, one.completion_tokens), 6),
    }


def _largest(measures: Sequence[Measure], way: str) -> int | None:
    return max((one.fixed_prompt_tokens or 0 for one in measures if one.way == way), default=0) or None


def _per_month(measures: Sequence[Measure], ways: Iterable[str], volume: Volume) -> Json:
    """Dollars a month for this volume, all types alike often, prefix caching counted. Concord: as after a first day."""
    operations = volume.per_day * DAYS

    def dollars(way: str, run: int) -> float | None:
        costs = [_cost(one, volume.price)["cost_usd"] for one in measures if (one.way, one.run) == (way, run)]
        return round_to_cents(operations * mean(costs)) if costs else None

    cold = {way: dollars(way, COLD) for way in ways}
    warm = dollars(CONCORD, WARM)
    ours = warm if warm is not None else cold[CONCORD]
    return {
        "operations_per_day": volume.per_day,
        "price": {
            "model": volume.price.model,
            "source": volume.price.source,
            "input_per_million": float(volume.price.input),
            "cached_per_million": float(volume.price.cached),
            "output_per_million": float(volume.price.output),
        },
        "dollars": cold | {f"{CONCORD}_warm": warm},
        "saved": {
            way: round_to_cents(spent - ours)
            for way, spent in cold.items()
            if way != CONCORD and spent and ours is not None
        },
    }


def round_to_cents(dollars: float) -> float:
    return round(dollars, 2)
