"""The grammar of questions: many ways to say the same, and a plain word about what is not understood."""

import random
from typing import Any

import pytest

from workers.ai_ml.chat import grammar
from workers.ai_ml.chat.catalogue import DATASETS, EXAMPLES
from workers.ai_ml.chat.grammar import NotUnderstood
from workers.ai_ml.chat.query import check
from workers.ai_ml.chat.words import vocabulary


def conditions(words: str) -> list[tuple[str, str, Any]]:
    return [(one["field"], one["op"], one["value"]) for one in grammar.query_of(words, 20)["where"]]


@pytest.mark.parametrize("words", EXAMPLES)
def test_the_examples_are_understood(words: str) -> None:
    assert grammar.query_of(words, 20)["dataset"]


@pytest.mark.parametrize(
    "words",
    [
        "how many parcels in Duval with just value over 500000",
        "HOW MANY PARCELS ARE IN DUVAL COUNTY WITH A JUST VALUE OVER 500,000?",
        "number of parcels in county 26 whose market value is more than $500k",
        "count parcels in duval, fl and jv > 0.5m",
        "how many properties in the county of Duval worth above $500 thousand",
    ],
)
def test_the_same_is_understood_however_it_is_said(words: str) -> None:
    query = grammar.query_of(words, 20)

    assert (query["dataset"], query["aggregate"]) == ("parcels", {"function": "count", "field": None})
    assert conditions(words) == [("county", "equals", "Duval"), ("just_value", "above", 500_000)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sales in St. Johns and Dade", [("county", "in", ["Saint Johns", "Miami-Dade"])]),
        ("sales since 2024", [("sale_year", "at_least", 2024)]),
        ("sales over 2024", [("price", "above", 2024)]),
        ("2025 sales", [("sale_year", "equals", 2025)]),
        ("sales sold in 2024 or 2025", [("sale_year", "in", [2024, 2025])]),
        ("parcels built after 1999", [("year_built", "above", 1999)]),
        ("parcels with living area at least 2,000", [("living_area", "at_least", 2000)]),
        ("parcels without use code", [("use_code", "is_blank", None)]),
        ("single family parcels", [("use_code", "equals", "001")]),
        ("parcels with use code 1 or 004", [("use_code", "in", ["001", "004"])]),
        ("parcels in zip 32202", [("zip", "equals", "32202")]),
        ('parcels owned by "ACME AND SONS"', [("owner", "equals", "ACME AND SONS")]),
        ("parcels with parcel id 16-20-27-0100", [("parcel_id", "equals", "16-20-27-0100")]),
        ("homestead parcels", [("homestead_value", "above", 0)]),
        ("companies filed between 2020 and 2022", [("filed_year", "at_least", 2020), ("filed_year", "at_most", 2022)]),
        ("COMPANIES NAMED ACME IN MIAMI", [("name", "equals", "ACME"), ("city", "equals", "MIAMI")]),
        ("active LLCs in Florida", [
            ("status", "equals", "A"), ("filing_type", "in", ["FLAL", "FORL"]), ("state", "equals", "FL"),
        ]),
    ],
)  # fmt: skip
def test_conditions(words: str, expected: list[tuple[str, str, Any]]) -> None:
    assert conditions(words) == expected


def test_groups_may_be_ranked_by_a_figure() -> None:
    query = grammar.query_of("top 5 counties by average price in 2025", 20)

    assert (query["dataset"], query["group_by"], query["limit"]) == ("sales", ["county"], 5)
    assert query["aggregate"] == {"function": "avg", "field": "price"}
    assert query["order"] == {"by": "value", "descending": True}


def test_fields_may_be_listed() -> None:
    query = grammar.query_of("list owner, street and use code of parcels in Duval", 20)

    assert query["select"] == ["owner", "street", "use_code"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("how many parsels in Duval", "'parsels' is not understood; did you mean 'parcels'?"),
        ("how many parcels in Duvall", "'Duvall' is no county of Florida: did you mean Duval?"),
        ("sales in Jacksonville", "'Jacksonville' is no county of Florida"),
        ("parcels by mailing address", "'mailing' is not understood"),
        ("how many in Duval", "it does not say what it is about: one of parcels, sales"),
        ("parcels not in Duval", "'not' is not understood: ask for what is wanted instead"),
        ("sales over 1m or in Duval", "'or' is not understood: it may join values of one field"),
        ("companies with parcels", "it asks about companies and about parcels; ask about one"),
        ("average median price of sales", "it asks for two figures, avg and median"),
        ("how many parcels owner", "what of 'owner'? Give it a value"),
        ("parcels with just value over", "'just value' has no value to compare with"),
        ("companies over 500000", "'500000': of which field? Companies have no amount"),
        ("top 500 parcels", "it asks for 500 rows; ask for 1 to 100"),
        ("sales between 5", "between takes two values"),
        ("average companies", "it does not say of what the avg is"),
        ("how many parcels by just value", "it cannot be grouped by just value"),
        ("companies named acme holdings active", "put it in quotes"),
        ("average owner of parcels", "owner has no avg: it is a text"),
        ("officers in Miami", "'Miami' is not understood"),
        ("   ", "it does not say what it is about"),
    ],
)
def test_what_is_not_understood_is_named_with_examples(words: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        grammar.query_of(words, 20)

    assert said in str(refused.value)
    assert str(refused.value).endswith(f'Ask for example "{EXAMPLES[0]}" or "{EXAMPLES[1]}".')


def test_any_heap_of_known_words_is_a_sound_query_or_is_refused() -> None:
    chance = random.Random(3)
    known = [word for name in ("parcels", "sales", "companies") for word in vocabulary(name)]
    known += ["Duval", "Saint Johns", "2025", "5", "500k", '"ACME"', "2025-07-01", ",", "or", "A", "001", "xyz"]
    sound = 0
    for _ in range(5_000):
        heap = " ".join([chance.choice([*DATASETS]), *chance.choices(known, k=chance.randint(0, 5))])
        try:
            query = grammar.query_of(heap, 20)
        except NotUnderstood:
            continue
        assert check(query) == query
        sound += 1
    assert sound > 500
