"""Pinned facts stand in the text word for word, however little room there is."""

import pytest
from pytest_django import Settings

from operations.compression import compress
from operations.compression.cells import compact
from operations.compression.sizes import tokens_in
from tests.operations.compression.results import history

FACTS = [
    {"decision": "approve", "by": "rita", "threshold": 0.7, "reason": "known vendor error, ticket 4711"},
    {"rule": "sale_price_positive", "passed": False, "rows": 1318},
    "Never load Monroe before the appraiser has confirmed.",
]
TEXT = "The rolls of Broward were loaded on Monday. " * 200


@pytest.mark.parametrize("limit", [None, 2000, 300, 60, 1, 0])
@pytest.mark.parametrize("value", [history(), TEXT, {"a": 1}, ""], ids=["history", "text", "little", "nothing"])
def test_they_are_there_verbatim(value: object, limit: int | None) -> None:
    compressed = compress(value, pinned=FACTS, limit=limit, query="Broward")

    for fact in FACTS:
        assert (fact if isinstance(fact, str) else compact(fact)) in compressed.text
    assert compressed.after <= compressed.before


def test_one_that_the_text_has_already_is_not_repeated() -> None:
    text = f"It rained. {FACTS[2]} It rained again."

    assert compress(text, pinned=FACTS[2:]).text == text


def test_without_compression_the_text_is_compact_json(settings: Settings) -> None:
    settings.ENABLE_CONTEXT_COMPRESSION = False

    compressed = compress(history(), limit=100)

    assert compressed.text == compact(history())
    assert compressed.before == compressed.after == tokens_in(compact(history()))
    assert compress(TEXT, limit=10).text == TEXT
