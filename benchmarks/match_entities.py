"""How well `entity_matching` matches labelled records, beside exact names, rapidfuzz, Splink by its manual, and dedupe.

    python -m benchmarks.match_entities [--owners 5000] [--sets early_childhood fodors_zagats owners] [--json]

No way sees a label, except for dedupe, which has to be taught and takes part where it is installed (see
matching_dedupe). Each runs in a process of its own on the same records; the pairs that it takes for one party are
held against the true ones. The interval is a bootstrap over the left records. `worker` takes each record's likeliest
partner from a probability of 0.5 on; `worker_certain` only the links that no person is asked about. Sets whose files
are not there (../shared/data/linkage) are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter

import django
import numpy as np

from benchmarks import matching_sets
from benchmarks.matching_sets import LabelledSet, Pair
from benchmarks.matching_ways import WAYS

SETS = ("early_childhood", "fodors_zagats", "owners")
RESAMPLES = 1_000


def main() -> None:
    """Run every way on every set and print the figures."""
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
    django.setup()
    figures = {}
    for name in arguments.sets:
        if name != "owners" and not matching_sets.SHARED.is_dir():
            print(f"{name} is left out: {matching_sets.SHARED} is not there", file=sys.stderr)
            continue
        count = [str(arguments.owners)] if name == "owners" else []
        data = getattr(matching_sets, name)(*map(int, count))
        figures[name] = {way: _judged(_run(way, name, count), data) for way in arguments.ways}
    print(json.dumps({"cpus": os.cpu_count(), "sets": figures}, indent=2) if arguments.json else _table(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--owners", type=int, default=5_000, help="owners, and as many entities")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _run(way: str, name: str, count: list[str]) -> dict:
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        environment = os.environ | {"CONCORD_VAR": folder, "DATA_URL": f"file://{folder}/data", "DOTENV": os.devnull}
        command = [sys.executable, "-m", "benchmarks.matching_ways", way, name, *count]
        return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def _judged(run: dict, data: LabelledSet) -> dict:
    found: set[Pair] = {(left, right) for left, right in run["pairs"]}
    if data.judged is not None:
        found &= data.judged
    counts = np.array(_by_left(found, data.truth), dtype=float).reshape(-1, 3)
    right, wrong, missed = counts.sum(axis=0)
    draw = np.random.default_rng(1)
    drawn = [counts[draw.integers(0, len(counts), len(counts))].sum(axis=0) for _ in range(RESAMPLES)]
    low, high = np.percentile([_f1(*sums) for sums in drawn], [2.5, 97.5])
    return {
        "precision": round(right / max(1, right + wrong), 4),
        "recall": round(right / max(1, right + missed), 4),
        "f1": round(_f1(right, wrong, missed), 4),
        "f1_interval_95": [round(float(low), 4), round(float(high), 4)],
        "asks_a_person": run["questions"],
        "pairs_compared": run["compared"],
        "pairs_per_second": round(run["compared"] / run["seconds"]),
        "seconds": round(run["seconds"], 2),
        "peak_megabytes": round(run["peak"] / 1e6),
    }


def _by_left(found: set[Pair], truth: set[Pair]) -> list[tuple[int, int, int]]:
    """Of each left record how many of its pairs are right, wrong and missed."""
    kinds = (found & truth, found - truth, truth - found)
    counts = [Counter(left for left, _ in pairs) for pairs in kinds]
    lefts = sorted({left for left, _ in found | truth})
    return [(counts[0][left], counts[1][left], counts[2][left]) for left in lefts] or [(0, 0, 0)]


def _f1(right: float, wrong: float, missed: float) -> float:
    return 2 * right / max(1.0, 2 * right + wrong + missed)


def _table(figures: dict) -> str:
    lines = []
    for name, ways in figures.items():
        lines += ["", f"{name:<17}{'P':>8}{'R':>8}{'F1':>8}  {'95 %':<16}{'asks':>6}{'pairs/s':>12}{'s':>8}{'MB':>7}"]
        for way, found in ways.items():
            low, high = found["f1_interval_95"]
            quality = "".join(f"{found[part]:>8.3f}" for part in ("precision", "recall", "f1"))
            cost = f"{found['pairs_per_second']:>12,}{found['seconds']:>8.1f}{found['peak_megabytes']:>7}"
            lines.append(f"  {way:<15}{quality}  {low:.3f}-{high:.3f}     {found['asks_a_person']:>6}{cost}")
    return "\n".join(lines).strip()


if __name__ == "__main__":
    main()
