"""How well create_mapping finds the columns: precision and recall of what it is sure of, and of its best guesses.

    python -m benchmarks.create_mapping [--seeds 5] [--parcels 2000] [--json]

The 2026 final header against the one pinned before and back, the guide's names against the published ones, and whole
headers that were shuffled and renamed: in other cases, with a prefix, without vowels, cut to four letters or to ten
in all, misspelled, glued together, any of these, or only numbered. Some columns are left out of each side, so that
there is something not to find. The renaming follows rules and knows nothing of the words that the action knows. With
content, the sides are two generated rolls of other counties, so that no row is on both.
"""

import argparse
import json
import os
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

os.environ["CONCORD_VAR"] = tempfile.mkdtemp(prefix="concord-mapping-")

import django
import polars as pl

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
django.setup()

from workers import counties, datasets, roll_columns  # noqa: E402 - Django's models need its settings
from workers.contract import Call  # noqa: E402
from workers.data_quality.create_mapping import create_mapping  # noqa: E402
from workers.florida_data.sample.rolls import Roll, csv_chunks  # noqa: E402

GUIDE = {
    "SDF": {"SAL_CHNG_CD": "SAL_CHG_CD", "STATE_PAR_ID": "STATE_PARCEL_ID"},
    "NAP": {"OWN_NAME": "OWN_NAM", "FIDU_ZIP_CD": "FIDU_ZIPCD", "PHY_ZIP": "PHY_ZIPCD"},
    "NAL": {"JV_RESD-NON_RESD": "JV_RESD_NON_RESD", "R_PAGE2": "OR_PAGE2", "EXMPT 43": "EXMPT_43"},
}
LEFT_OUT = 0.1  # of the columns, on each side
Renaming = Callable[[str, random.Random], str]


def other_case(name: str, draw: random.Random) -> str:
    words = name.split("_")
    camel = words[0].lower() + "".join(word.title() for word in words[1:])
    return draw.choice([name.lower(), " ".join(words).title(), camel, name.replace("_", "-").lower()])


def prefixed(name: str, draw: random.Random) -> str:
    return f"src_{name.lower()}"


def without_vowels(name: str, draw: random.Random) -> str:
    return "_".join(word[0] + re.sub("[AEIOU]", "", word[1:]) for word in name.split("_"))


def four_letters(name: str, draw: random.Random) -> str:
    return "_".join(re.sub(r"([A-Z]{4})[A-Z]+", r"\1", word) for word in name.split("_"))


def ten_letters(name: str, draw: random.Random) -> str:
    return name[:10]


def misspelled(name: str, draw: random.Random) -> str:
    """One letter lost, doubled or swapped with the next, in a word of at least four letters."""
    long = list(re.finditer("[A-Z]{4,}", name))
    if not long:
        return name
    match = draw.choice(long)
    at = draw.randrange(match.start() + 1, match.end() - 1)
    before, letter, after = name[:at], name[at], name[at + 1 :]
    return draw.choice([before + after, before + letter + letter + after, before + after[0] + letter + after[1:]])


def glued(name: str, draw: random.Random) -> str:
    return name.replace("_", "").lower()


def numbered(name: str, draw: random.Random) -> str:
    """A name that tells nothing."""
    return f"FIELD_{draw.randrange(1_000_000)}"


def anything(name: str, draw: random.Random) -> str:
    """One way of writing, and with a chance of a third one of spelling."""
    spelled = draw.choice([misspelled, four_letters, without_vowels])(name, draw) if draw.random() < 1 / 3 else name
    return other_case(spelled, draw)


RENAMINGS: dict[str, Renaming] = {
    "other case": other_case,
    "prefixed": prefixed,
    "without vowels": without_vowels,
    "four letters": four_letters,
    "ten letters": ten_letters,
    "misspelled": misspelled,
    "glued": glued,
    "any of these": anything,
    "only numbered": numbered,
}


def main() -> None:
    """Map, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--parcels", type=int, default=2_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    figures = dict(measure(seeds, arguments.parcels))
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))


def measure(seeds: range, parcels: int) -> Iterator[tuple[str, dict]]:
    """The figures of each case, all its seeds and types of file together."""
    final, before = (names(roll_columns.pinned("NAL", 2026, stage)) for stage in "FP")
    yield "2026 final against before", total([score(final, before, {name: name for name in before})])
    yield "before against 2026 final", total([score(before, final, {name: name for name in before})])
    yield "the guide's names", total([guide(kind) for kind in GUIDE])
    rolls = {kind: [roll(kind, parcels, county) for county in ("Union", "Gulf")] for kind in GUIDE}
    for case, rename in RENAMINGS.items():
        for content in (False, True):
            found = [renamed(rolls[kind], rename, seed, content) for kind in GUIDE for seed in seeds]
            yield f"{case}, {'with' if content else 'without'} content", total(found)


def guide(kind: str) -> dict:
    """A whole header with the guide's names in the place of the published ones."""
    target = names(roll_columns.pinned(kind, 2025, "P"))
    back = {real: said for said, real in GUIDE[kind].items()}
    truth = {back.get(name, name): name for name in target}
    return score(list(truth), target, truth)


def renamed(rolls: list[pl.DataFrame], rename: Renaming, seed: int, content: bool) -> dict:
    """The columns of one roll, shuffled and renamed, against those of the other."""
    draw = random.Random(seed)
    columns = rolls[0].columns
    own, other = ([name for name in columns if draw.random() > LEFT_OUT] for _ in range(2))
    draw.shuffle(own)
    new = {name: rename(name, draw) for name in own}
    new = {name: said for name, said in new.items() if list(new.values()).count(said) == 1}
    truth = {said: name for name, said in new.items() if name in other}
    if not content:
        return score(list(new.values()), other, truth)
    source = datasets.write(rolls[0].select(list(new)).rename(new), "benchmark/source.parquet")
    target = datasets.write(rolls[1].select(other), "benchmark/target.parquet")
    return score(source, target, truth)


def score(source: object, target: object, truth: Mapping[str, str]) -> dict:
    """Counts of one mapping: what is right, said and there."""
    found = create_mapping.run(Call(), {"source": source, "target": target})
    sure = found["names"]
    guessed = sure | {one["key"]: one["options"][0]["value"] for one in found["unsure"]}
    return {
        "columns": len(truth),
        "sure": len(sure),
        "sure_right": sum(truth.get(name) == said for name, said in sure.items()),
        "guessed": len(guessed),
        "guessed_right": sum(truth.get(name) == said for name, said in guessed.items()),
        "wrong": sorted(f"{name} is not {said}" for name, said in sure.items() if truth.get(name) != said),
    }


def total(found: list[dict]) -> dict:
    """Precision and recall of all together."""
    sums = {name: sum(one[name] for one in found) for name in found[0] if name != "wrong"}
    return {
        "columns": sums["columns"],
        "precision_sure": round(sums["sure_right"] / max(1, sums["sure"]), 4),
        "recall_sure": round(sums["sure_right"] / sums["columns"], 4),
        "precision_guesses": round(sums["guessed_right"] / max(1, sums["guessed"]), 4),
        "recall_guesses": round(sums["guessed_right"] / sums["columns"], 4),
        "wrong": [said for one in found for said in one["wrong"]][:10],
    }


def names(columns: tuple[roll_columns.Column, ...]) -> list[str]:
    return [column.name for column in columns]


def roll(kind: str, parcels: int, county: str) -> pl.DataFrame:
    """A generated roll's rows as they are read: numbers as numbers, codes as texts."""
    made = Roll(counties.find(county), parcels, 2025, seed=len(county))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roll.csv"
        path.write_bytes(b"".join(csv_chunks(made, kind)))
        rows = pl.read_csv(path, infer_schema=False)
    real = {roll_columns.Kind.MONEY, roll_columns.Kind.SIGNED, roll_columns.Kind.INTEGER, roll_columns.Kind.YEAR}
    integers = [column.name for column in roll_columns.pinned(kind, 2025, "P") if column.kind in real]
    return rows.with_columns(pl.col(integers).cast(pl.Int64))


def table(figures: dict) -> str:
    """The figures as lines."""
    head = f"{'':42} columns  sure: precision  recall  guesses: precision  recall"
    rows = [
        f"{case:42} {one['columns']:7,}  {one['precision_sure']:15.3f}  {one['recall_sure']:6.3f}"
        f"  {one['precision_guesses']:18.3f}  {one['recall_guesses']:6.3f}"
        for case, one in figures.items()
    ]
    return "\n".join([head, *rows])


if __name__ == "__main__":
    main()
