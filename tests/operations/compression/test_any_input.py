"""Whatever comes in, something sound comes out: in time, within the limit, never longer than it was."""

import random
from typing import Any

import pytest

from operations.compression import compress

LIMIT = 300
QUERY = "what of Ab and the 17th text?"


def _nested(levels: int) -> Any:
    value: Any = "core"
    for _ in range(levels):
        value = [value]
    return value


CASES = {
    "random bytes": random.Random(1).randbytes(60_000),
    "one line": "a" * 300_000,
    "dots": "." * 300_000 + "x",
    "brackets": "[" * 300_000,
    "half JSON": '{"a":' * 30_000,
    "quotes": '"' * 200_000,
    "line ends": "\n" * 200_000,
    "indented line ends": ("\n" + " " * 500) * 400,
    "capitals": "A " * 100_000,
    "turns": "Ab: c\n" * 20_000,
    "headings": "# Title\n\n" * 20_000,
    "surrogates": "\ud800 x. " * 20_000,
    "deep": _nested(50_000),
    "less deep": _nested(300),
    "many names": {f"k{number}": f"value {number}" for number in range(20_000)},
    "wide rows": [{f"c{column}": column * row for column in range(500)} for row in range(12)],
    "ragged rows": [{f"c{(row * 7 + n) % 500}": 1 for n in range(10)} for row in range(300)],
    "numbers": [number * 1.5 for number in range(20_000)],
    "texts": [f"the {number}th text of many" for number in range(5_000)],
    "rows in rows": [[[{"a": a, "b": [{"c": c} for c in range(4)]}] for a in range(5)] for _ in range(60)],
    "no JSON": {"when": {1, 2}, "what": object, (1, 2): b"x"}.values(),
    "a huge number": [{"id": 10**6000, "county": "Duval"}] * 4,
    "names that are no texts": {(1, 2): 3, None: 4, 5: 6},
    "sentences of a word": "Ab. " * 100_000,
    "documents alike": [{"title": f"T{number}", "text": "Alpha beta. " * 40} for number in range(2_000)],
    "nothing": None,
}


@pytest.mark.parametrize("limit", [None, LIMIT], ids=["whole", "limited"])
@pytest.mark.parametrize("name", CASES)
def test_it_is_bounded(name: str, limit: int | None) -> None:
    compressed = compress(CASES[name], limit=limit, query=QUERY, reference="#E9")

    assert compressed.after <= compressed.before
    assert limit is None or compressed.after <= limit
    compressed.text.encode()  # it can be sent
    if compressed.omitted:
        assert all(omission.reference.startswith("#E9") for omission in compressed.omitted)


def test_megabytes_are_cut_down_in_seconds() -> None:
    rows = [{"id": number, "county": "Broward", "amount": number % 977} for number in range(60_000)]

    compressed = compress(rows, limit=LIMIT, query="amount 976")

    assert compressed.after <= LIMIT
    assert '"sum":' in compressed.text or "sum" in compressed.text


@pytest.mark.parametrize("name", ["texts", "ragged rows", "turns"])
def test_the_same_comes_out_every_time(name: str) -> None:
    first, second = (compress(CASES[name], limit=LIMIT, query=QUERY) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("text", ['{"rows":1,"rows":2}', "[1e999]", "[0.12345678901234567890123]"])
def test_json_that_would_lose_something_stays_a_text(text: str) -> None:
    assert compress(text).text == text


def test_what_has_no_ends_is_shown_from_its_beginning() -> None:
    text = "x1y2" * 2_000

    kept = compress(text, limit=60, reference="#E9").text

    assert kept.startswith("x1y2")
    assert kept.endswith("left out: #E9]")


def test_data_that_fits_as_a_table_is_not_abridged() -> None:
    rows = [{"county": "Broward", "file_type": "NAL", "status": "loaded", "row": n} for n in range(9_000)]

    compressed = compress(rows, limit=1_000)

    assert compressed.is_lossless
    assert compressed.before > 100_000
