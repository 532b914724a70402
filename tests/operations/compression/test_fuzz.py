"""Values and texts that nobody thought of: hypothesis makes them up, the same ones in every run."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from operations.compression import compress, decode, encode
from operations.compression.cells import compact
from operations.compression.documents import Document
from operations.compression.sizes import tokens_in

MARKS = (
    *(
        "",
        "|",
        ",",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\x00",
        "\x7f",
        "\x85",
        "\u2028",
        "\ud800",
        "\ufeff",
        "\\",
        '"',
        '""',
        "'",
    ),
    *(
        "@",
        "@1",
        "@@",
        "^",
        "^+1",
        "<a>",
        "<a[2]>",
        "~",
        '~"',
        "*1",
        "\\N",
        "\\M",
        "\\=",
        "#",
        "#E1",
        "&",
        "=",
        "a=b",
        "{x|y}",
    ),
    *("all: ", "words: ", "1=2", "null", "true", "1", "-0", "1.0", " ", "a ", "é", "🏝", "x" * 50),
)
NAMES = some.one_of(
    some.sampled_from(["a", "b", "c", "a.b", "a:1", "@", "", "é k", "1", "$dataset", "a#", "a[2]", "a=b", "x,y", '"']),
    some.text(max_size=8),
)
TEXTS = some.one_of(
    some.sampled_from(MARKS),
    some.text(some.characters(), max_size=12),
    some.lists(some.sampled_from(MARKS)).map("".join),
)
NUMBERS = some.one_of(
    some.integers(-5, 40), some.integers(), some.floats(), some.sampled_from([0, -0.0, 1.0, True, 10**40])
)
SCALARS = some.one_of(some.none(), some.booleans(), NUMBERS, TEXTS)
VALUES = some.recursive(
    SCALARS,
    lambda inner: some.one_of(some.lists(inner, max_size=5), some.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=25,
)


@some.composite
def tables(draw: some.DrawFn) -> list[dict[str, Any]]:
    """Rows whose columns have something in common: one value, few, counting on, made of others, or nothing."""
    count = draw(some.integers(2, 12))
    columns: dict[str, list[Any]] = {}
    for name in draw(some.lists(NAMES, min_size=1, max_size=5, unique=True)):
        columns[name] = draw(some.sampled_from([_same, _few, _counting, _made_of_others, _any]))(draw, count, columns)
    gaps = draw(some.sets(some.tuples(some.integers(0, count), some.sampled_from(sorted(columns))), max_size=4))
    return [{name: its[row] for name, its in columns.items() if (row, name) not in gaps} for row in range(count)]


def _same(draw: some.DrawFn, count: int, columns: Any) -> list[Any]:
    return [draw(VALUES)] * count


def _few(draw: some.DrawFn, count: int, columns: Any) -> list[Any]:
    few = draw(some.lists(VALUES, min_size=1, max_size=3))
    return [draw(some.sampled_from(few)) for _ in range(count)]


def _counting(draw: some.DrawFn, count: int, columns: Any) -> list[Any]:
    start, by, form = (
        draw(some.integers(-3, 2000)),
        draw(some.integers(-2, 9)),
        draw(some.sampled_from(["d", "06d", ""])),
    )
    return [format(start + by * row, form) if form else start + by * row for row in range(count)]


def _made_of_others(draw: some.DrawFn, count: int, columns: dict[str, list[Any]]) -> list[Any]:
    others = list(columns.values()) or [[None] * count]
    its, before, cut = draw(some.sampled_from(others)), draw(TEXTS), draw(some.sampled_from([None, 2, 9]))
    return [f"{before}{its[row]}{row % 3} of {str(its[row])[:cut]}" for row in range(count)]


def _any(draw: some.DrawFn, count: int, columns: Any) -> list[Any]:
    return [draw(VALUES) for _ in range(count)]


ANYTHING = some.one_of(
    VALUES,
    tables(),
    some.dictionaries(NAMES, tables(), max_size=3),
    some.lists(some.lists(SCALARS, min_size=1, max_size=4), min_size=2, max_size=8),
)
many = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def same(one: Any, other: Any) -> bool:
    """Equal all the way down, in type and sign too, and NaN to NaN."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return repr(one) == repr(other)
    return type(one) is type(other) and one == other


def as_json(value: Any) -> Any:
    """The value that JSON can say: two halves of a surrogate pair are one character there."""
    return json.loads(compact(value))


@many
@given(ANYTHING)
def test_what_is_encoded_is_decoded(value: Any) -> None:
    value = as_json(value)

    assert same(decode(encode(value)), value)


@many
@given(ANYTHING)
def test_what_is_written_as_tables_is_read(value: Any) -> None:
    """Also where compact JSON is shorter, so that small tables are tried."""
    value, document = as_json(value), Document()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Document, "_table", lambda document, value, form, rows: document.hoist(rows, form))
        skeleton = compact(document.part(value))
    sections = list(document.in_order())
    text = "\n".join(sections if skeleton == '"@1"' else [skeleton, *sections]) if sections else compact(value)

    assert same(decode(text), value)


@many
@given(some.one_of(ANYTHING, TEXTS, some.binary(max_size=300)), some.integers(0, 120), some.text(max_size=20))
def test_it_is_never_longer_nor_beyond_its_limit(value: Any, limit: int, query: str) -> None:
    compressed = compress(value, limit=limit, query=query)

    note = tokens_in("… all at #E1")  # that always stands
    assert compressed.after <= compressed.before
    assert compressed.after <= max(limit, note)
    assert compressed.after == tokens_in(compressed.text)
    compressed.text.encode()  # it can be sent
