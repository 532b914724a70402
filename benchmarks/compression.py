"""How many tokens the compressor saves, and what is still there afterwards.

    python -m benchmarks.compression [--json] [--scorer]

Rows of real rolls, HotpotQA's questions with their ten paragraphs at 33 % kept (its even questions were tuned on, the
odd ones are reported), a made-up dialogue, and made-up step results and histories. Tokens are o200k_base, always
against compact JSON or the text itself. With --scorer a small model weighs sentences too (`make scorer`). What needs
../shared/data is left out where that is absent.
"""

import argparse
import csv
import io
import json
import os
import random
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
os.environ.setdefault("CONCORD_VAR", os.path.join(tempfile.gettempdir(), "concord-benchmark"))
django.setup()

from django.conf import settings  # noqa: E402

from operations.compression import compress, decode, meaning  # noqa: E402
from operations.compression.cells import compact  # noqa: E402
from operations.compression.sizes import tokens_in, tokens_of  # noqa: E402
from tests.operations.compression import results, talk  # noqa: E402

Json = dict[str, Any]

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
KEPT = 0.33
RESAMPLES = 2000
SEEDS = range(20)  # of dialogues

CELL = re.compile(r'(?:^|,)("(?:[^"]|"")*"|[^,]*)')

# How the paragraphs are written: as one text, or as data that has them.
STYLES: dict[str, Callable[[dict[str, list[str]]], Any]] = {
    "titled": lambda its: _text(its, "{title}\n{text}"),
    "labelled": lambda its: _text(its, "Title: {title}\nText: {text}"),
    "numbered": lambda its: _text(its, "Document [1](Title: {title}) {text}"),
    "untitled": lambda its: _text(its, "{text}"),
    "objects": lambda its: [{"title": title, "sentences": sentences} for title, sentences in its.items()],
    "texts_by_name": lambda its: {title: "".join(sentences) for title, sentences in its.items()},
}
SCORED = ("titled", "untitled")


def _text(paragraphs: dict[str, list[str]], style: str) -> str:
    return "\n\n".join(style.format(title=title, text="".join(its).strip()) for title, its in paragraphs.items())


def rows() -> Json:
    """The share of tokens saved on real rows, as the file has them (all texts) and with their types."""
    found = {
        f"{roll} {form}": [_rows_saved(read(roll)[:count]) for count in (20, 50, 200, 1000)]
        for roll in ("SDF", "NAP")
        for form, read in (("texts", _texts), ("typed", _typed))
    }
    scattered = random.Random(1).sample(_whole_roll(), 200)
    return found | {"SDF scattered over the county": [_rows_saved(scattered[:count]) for count in (10, 20, 50, 200)]}


def _whole_roll() -> list[Json]:
    with zipfile.ZipFile(DATA / "dor" / "broward_sdf_2025.zip") as archive:
        [name] = archive.namelist()
        return list(csv.DictReader(io.TextIOWrapper(archive.open(name), "latin-1", newline="")))


def _rows_saved(value: list[Json]) -> Json:
    started = time.perf_counter()
    compressed = compress(value)
    seconds = time.perf_counter() - started
    return {
        "rows": len(value),
        "before": compressed.before,
        "after": compressed.after,
        "saved": round(1 - compressed.after / compressed.before, 3),
        "saved_of_indented": round(1 - compressed.after / tokens_in(json.dumps(value, indent=2)), 3),
        "decodes": decode(compressed.text) == value,
        "mb_per_second": round(len(compact(value)) / 1e6 / seconds, 2),
    }


def _texts(roll: str) -> list[Json]:
    with (DATA / "dor" / f"{roll}16P202501.head1000.csv").open(encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file))


def _typed(roll: str) -> list[Json]:
    """With texts where the file has quotes, else numbers, and null for what is empty."""
    lines = (DATA / "dor" / f"{roll}16P202501.head1000.csv").read_text(encoding="latin-1").splitlines()
    names = lines[0].split(",")
    return [dict(zip(names, map(_value, CELL.findall(line)), strict=False)) for line in lines[1:]]


def _value(cell: str) -> Any:
    if cell.startswith('"'):
        return cell[1:-1].replace('""', '"')
    if cell.removeprefix("-").isdigit():
        return int(cell)
    return cell or None


def questions() -> list[Json]:
    return json.loads((DATA / "compression" / "hotpotqa_distractor_100.json").read_text())


def hotpotqa(asked: Sequence[Json], style: str, share: float = KEPT) -> Json:
    """What survives of the supporting sentences and of the answers."""
    supported: list[tuple[int, int]] = []
    answered: list[bool] = []
    kept, characters = [], 0
    started = time.perf_counter()
    for question in asked:
        paragraphs = dict(zip(question["context"]["title"], question["context"]["sentences"], strict=True))
        given = STYLES[style](paragraphs)
        compressed = compress(given, query=question["question"], limit=int(share * tokens_of(given)))
        characters += len(given if isinstance(given, str) else compact(given))
        kept.append(compressed.after / compressed.before)
        shown = _even(_unquoted(given, compressed.text))
        facts = zip(question["supporting_facts"]["title"], question["supporting_facts"]["sent_id"], strict=True)
        held = [_even(paragraphs[title][number]) in shown for title, number in facts if number < len(paragraphs[title])]
        supported.append((sum(held), len(held)))
        if question["answer"] not in ("yes", "no"):
            answered.append(question["answer"] in shown)
    seconds = time.perf_counter() - started
    return {
        "questions": len(asked),
        "kept": round(sum(kept) / len(kept), 3),
        "supporting_facts": _recall(supported),
        "answers": _wilson(sum(answered), len(answered)),
        "mb_per_second": round(characters / 1e6 / seconds, 2),
    }


def _unquoted(given: Any, text: str) -> str:
    """The text as a reader takes it: in tables and JSON, quotes in texts are doubled or escaped."""
    return text if isinstance(given, str) else text.replace('\\"', '"').replace('""', '"')


def _even(text: str) -> str:
    return " ".join(text.split()).strip(' "')


def _recall(found: Sequence[tuple[int, int]]) -> Json:
    """Recall over all sentences; its interval by resampling questions, whose sentences go together."""

    def share(sample: Sequence[tuple[int, int]]) -> float:
        return sum(held for held, _ in sample) / sum(total for _, total in sample)

    chance = random.Random(1)
    resampled = sorted(share(chance.choices(found, k=len(found))) for _ in range(RESAMPLES))
    low, high = resampled[RESAMPLES // 40], resampled[-RESAMPLES // 40]
    return {"recall": round(share(found), 3), "interval": [round(low, 3), round(high, 3)]}


def _wilson(hits: int, total: int, z: float = 1.96) -> Json:
    share = hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * (share * (1 - share) / total + z * z / (4 * total * total)) ** 0.5
    return {
        "survive": round(share, 3),
        "interval": [round(middle - half, 3), round(min(1.0, middle + half), 3)],
        "of": total,
    }


def dialogue(share: float = 0.2) -> Json:
    """How many of the answers survive that do not have the words of the question; beside keeping what is newest."""
    kept = newest = 0
    for seed in SEEDS:
        text = "\n".join(f"{speaker}: {said}" for speaker, said in talk.talk(seed=seed))
        for _, answer, query in talk.FACTS:
            kept += answer in compress(text, query=query, limit=int(share * tokens_in(text))).text
            newest += answer in text[-int(share * len(text)) :]
    total = len(SEEDS) * len(talk.FACTS)
    return {"kept": share, "answers": _wilson(kept, total), "newest_turns_alone": _wilson(newest, total)}


def made_up() -> Json:
    """Step results and a history: without loss, and the least that has every identifier, amount and decision."""
    found = {}
    for name, value in (("step result", results.step_result()), ("history", results.history())):
        compressed = compress(value)
        found[name] = {
            "before": compressed.before,
            "after": compressed.after,
            "saved": round(1 - compressed.after / compressed.before, 3),
            "decodes": decode(compressed.text) == value,
        }
    limited = compress(results.step_result(), limit=int(0.15 * found["step result"]["before"]))
    files = decode(limited.text)["files"]["shown"]
    whole = [(file["label"], file["rows_processed"]) for file in results.step_result()["files"]]
    found["step result at 15 %"] = {
        "after": limited.after,
        "labels_and_amounts": sum((row["label"], row["rows_processed"]) in whole for row in files) / len(whole),
        "left_out": [omission.what for omission in limited.omitted],
    }
    return found


def measure() -> Json:
    figures: Json = {"dialogue": dialogue(), "made_up": made_up()}
    if not DATA.is_dir():
        return figures | {"left_out": f"{DATA} is absent: no real rows and no HotpotQA"}
    asked = questions()
    figures["rows"] = rows()
    figures["hotpotqa"] = {
        style: {"tuned": hotpotqa(asked[0::2], style), "reported": hotpotqa(asked[1::2], style)}
        for style in (SCORED if meaning.is_on() else STYLES)
    }
    if meaning.is_on():  # it takes most of a second for a question
        return figures
    figures["hotpotqa"]["titled"]["by_share"] = {
        str(share): hotpotqa(asked[1::2], "titled", share) for share in (0.2, 0.25, 0.5)
    }
    return figures


def told(figures: Json, indent: str = "") -> None:
    for name, value in figures.items():
        if isinstance(value, dict) and any(isinstance(inner, dict | list) for inner in value.values()):
            print(f"{indent}{name}")
            told(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            print(f"{indent}{name}")
            for one in value:
                print(f"{indent}  {compact(one)}")
        else:
            print(f"{indent}{name}: {compact(value)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--scorer", action="store_true", help="let a small model weigh sentences too")
    asked = parser.parse_args()
    if asked.scorer:
        settings.ENABLE_NEURAL_SCORER = True
        if not meaning.is_on():
            parser.error("the scorer is not installed: make scorer")
    figures = {"scorer": asked.scorer} | measure()
    if asked.json:
        print(json.dumps(figures))
    else:
        told(figures)


if __name__ == "__main__":
    main()
