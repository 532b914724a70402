"""Data comes back exactly as it was, from a text that is never longer than compact JSON."""

import contextlib
import hashlib
import random
from typing import Any

import pytest

from operations.compression import compress, decode
from operations.compression.cells import NotEncoded, compact
from operations.compression.documents import Document
from operations.compression.sizes import tokens_in

SALES = [
    {
        "county": 16,
        "parcel": f"{4741190300 + number:012d}",
        "year": 2025,
        "seller": None,
        "note": "",
        "price": 100 if number % 2 else 452_500.5,
        "book": f"{119795010 + 7 * (number // 2 * 5 % 13)}",
        "sale": f"99000{119795010 + 7 * (number // 2 * 5 % 13)}",
        "buyer": "SUNSHINE HOMES, LLC" if number % 3 else 'PALM "KEY" TRUST',
        "sold_at": f"2025-02-{number % 28 + 1:02d}T00:00:00Z",
        "number": number + 1,
    }
    for number in range(40)
]

MESSAGES = [
    {"step": f"E{n}", "done": n * 7 % 31, "message": text}
    for n, odd in enumerate(["", ",", '"', "~", "<b>", "\n", "é"] * 3)
    for text in (
        f'E{n} has loaded {n * 7 % 31} rows of county "{odd}" at last',
        f"E{n} has loaded {odd} rows of county {n}, at last",
        odd,
    )
]
ODD_TEXTS = [
    *("", " ", "null", "true", "5", "007", "-0", "1e5", "1,2", '"q"', 'x"y', "line\nbreak", "\r", "a\u2028b", "\x00"),
    *("*1", "\\N", "\\M", "\\=x", "@1", "@@x", "^", "^+1", "<A>", "{x|y}", "=", "&", "all: x", "words: 1=2", "#E1"),
    *("é", "日本", "🏝", "\ud800", "https://a.example/1", "https://a.example/2", " lead", "trail "),
]
ODD_NAMES = [
    "id",
    "name",
    "a.b",
    "@",
    "",
    "é k",
    "x y",
    "1",
    "a,b",
    '"',
    "k=v",
    "$dataset",
    "all: ",
    "a&b",
    "a#",
    "a{b",
]


def same(one: Any, other: Any) -> bool:
    """Equal, and of equal types all the way down: 1, 1.0 and true differ."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and compact(one) == compact(other)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(SALES, id="rows"),
        pytest.param([{"a": text, "b": number} for number, text in enumerate(ODD_TEXTS)], id="odd texts"),
        pytest.param([dict.fromkeys(ODD_NAMES, number) for number in range(9)], id="odd names"),
        pytest.param([{"n": n} for n in (1, 1.0, True, "1", "01", None, "", 0.1, -0.0, 1e300, 2**70)], id="types"),
        pytest.param([{"a": 1}, {}, {"b": None}, {"a": "", "c": []}, {"a": {}}], id="ragged"),
        pytest.param([{"a": {"b": {"c": n}}, "list": [n, [n]]} for n in range(9)], id="nested"),
        pytest.param(
            [{"f": [{"x": n, "y": "same"}] * n, "g": None if n else []} for n in range(6)], id="lists of rows"
        ),
        pytest.param({f"12-{n:03d}": {"rows": n, "state": "loaded"} for n in range(20)}, id="objects by name"),
        pytest.param([[n, "x", n * 0.5, None] for n in range(12)] + [[1, "y"]], id="lists"),
        pytest.param({"@x": "@1", "rows": SALES, "more": {"rows": SALES[:9]}}, id="tables within"),
        pytest.param(MESSAGES, id="messages made to a pattern"),
        pytest.param([1, "a", None, [], {}], id="no table at all"),
        pytest.param([SALES[n % 40] | {"id": n, "copy": n, "m": f"row {n} of many"} for n in range(5000)], id="long"),
        pytest.param(17, id="a number"),
        pytest.param({"a": "x" * 50_000}, id="a long text"),
    ],
)
def test_it_comes_back_exactly(value: Any) -> None:
    compressed = compress(value)

    assert same(decode(compressed.text), value)
    assert compressed.is_lossless
    assert compressed.after <= compressed.before == tokens_in(compact(value))
    assert compressed.after == tokens_in(compressed.text)
    compressed.text.encode()  # it can be sent


def test_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of made-up values, as tables even where compact JSON is shorter."""
    monkeypatch.setattr(Document, "_table", lambda document, value, form, rows: document.hoist(rows, form))
    chance = random.Random(20251021)
    for _ in range(400):
        value = _made_up(chance, 3)
        document = Document()
        skeleton = compact(document.part(value))
        tables = list(document.in_order())
        text = "\n".join(tables if skeleton == '"@1"' else [skeleton, *tables]) if tables else compact(value)

        assert same(decode(text), value), text


def _made_up(chance: random.Random, depth: int) -> Any:
    kind = chance.random()
    if depth == 0 or kind < 0.3:
        return chance.choice([chance.choice(ODD_TEXTS), chance.randint(-3, 30), 0.5, True, None])
    if kind < 0.5:
        return {name: _made_up(chance, depth - 1) for name in chance.sample(ODD_NAMES, chance.randint(0, 4))}
    if kind < 0.6:
        return [_made_up(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    names = chance.sample(ODD_NAMES, chance.randint(1, 5))
    usual = {name: _made_up(chance, depth - 1) for name in names}
    start = chance.randint(0, 99)
    counted = {name: chance.choice(["{}", "{:05d}"]) for name in names}
    return [
        {
            name: chance.choice(
                [usual[name], usual[name], counted[name].format(start + row), start + row, _made_up(chance, depth - 1)]
            )
            for name in names
            if chance.random() < 0.9
        }
        for row in range(chance.randint(2, 9))
    ]


def test_what_rows_have_in_common_is_said_once() -> None:
    text = compress(SALES).text

    assert text.splitlines()[0] == "@1 40 rows"
    assert "year#=2025" in text.splitlines()[1]
    assert "sale=99000<book>" in text.splitlines()[1]
    assert text.count("SUNSHINE HOMES") == 1
    assert compress(SALES).after < 0.4 * compress(SALES).before


def test_few_tokens_for_the_rows_of_a_table_that_is_mostly_the_same() -> None:
    rows = [{"county": "Broward", "file_type": "NAL", "status": "loaded", "rows": 1000 + n} for n in range(60)]

    compressed = compress(rows)

    assert compressed.after < 0.2 * compressed.before
    assert decode(compressed.text) == rows


def test_a_message_is_written_without_what_all_messages_say() -> None:
    rows = [{"step": f"E{n}", "message": f"step E{n} has read {n * n % 97} rows of the roll"} for n in range(40)]

    text = compress(rows).text

    assert decode(text) == rows
    assert text.count("rows of the roll") == 1


def test_what_other_columns_say_is_not_said_again() -> None:
    rows: list[dict[str, Any]] = []
    for n in range(12):
        digest = hashlib.sha256(str(n).encode()).hexdigest()
        kind = ("NAL", "SDF", "NAP")[n % 3]
        name = f"{kind}-{n + 11}-2025P-{digest[:12]}"
        rows.append(
            {"county": n + 11, "kind": kind, "release": name, "url": f"s3://rolls/{name}.zip", "sha256": digest}
        )

    text = compress(rows).text

    assert decode(text) == rows
    assert "<kind>-<county>-2025P-<sha256[12]>" in text
    assert text.count(rows[5]["sha256"][:12]) == 1


def test_an_object_that_is_repeated_is_written_once() -> None:
    schemas = [{f"{kind}_{n}": "Int64" if n % 3 else "String" for n in range(20)} for kind in ("SDF", "NAP")]
    rows = [{"label": f"roll {n}", "rows": n * 37 % 101, "schema": schemas[n % 2]} for n in range(30)]

    compressed = compress(rows)

    assert decode(compressed.text) == rows
    assert compressed.text.count("SDF_7") == compressed.text.count("NAP_7") == 1
    assert compressed.after < 0.2 * compressed.before


@pytest.mark.parametrize(
    "text",
    [
        '@1 1 rows\na=~"<b> x"\n', '@1 1 rows\na=~"<b> x\n', "@1 1 rows\nwords: x\na\n*1", "@1 1 rows\na@1\nx",
        "", "no JSON", "@1 2 rows\na\nx", "@1 1 rows\na\nx,y",
        '{"a":"@2"}\n@1 1 rows\na\nx', "@1 1 rows\na#\n{", "@x",
        "@1 1 rows\na\n", '"@9"\nx', "@1 1 rows\n\"a\nx", "@1 1 rows\na=<b>\n,", "@1 2 rows\na=^+1\nx\n,",
    ],
)  # fmt: skip
def test_another_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotEncoded):
        decode(text)


def test_a_damaged_text_is_refused_or_read_but_nothing_else() -> None:
    text = compress({"rows": SALES, "messages": MESSAGES}).text
    chance = random.Random(4711)
    for _ in range(300):
        at = chance.randrange(len(text))
        damaged = text[:at] + chance.choice(["", ",", "\n", '"', "=", "@", "<a>", "*9", "~"]) + text[at + 1 :]
        with contextlib.suppress(NotEncoded):
            decode(damaged)


def test_it_is_the_same_every_time() -> None:
    assert {compress(SALES).text for _ in range(3)} == {compress(SALES).text}


def test_json_in_a_text_is_data() -> None:
    compressed = compress(compact(SALES))

    assert compressed.text == compress(SALES).text
    assert compressed.before == tokens_in(compact(SALES))
