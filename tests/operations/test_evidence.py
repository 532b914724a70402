"""References to earlier results keep their types, follow paths, and are read once."""

from typing import Any

import pytest

from operations.evidence import EvidenceError, references, resolve

RESULTS: dict[str, Any] = {
    "E1": {"rows": 3, "files": [{"name": "a"}, {"name": "b"}], "text": "#E2", "none": None},
    "E2": [1, 2],
    "E12": "twelve",
    "E3[4]": {"value": True},
    "item": {"$dataset": "file:///x", "rows": 7},
}


def lookup(name: str) -> Any:
    if name not in RESULTS:
        raise EvidenceError(f"#{name}: there is no such step")
    return RESULTS[name]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("#E1.rows", 3),
        ("#E1.files.1.name", "b"),
        ("#E1.none", None),
        ("#E2", [1, 2]),
        ("#E12", "twelve"),
        ("#E3[4].value", True),
        ("#item.$dataset", "file:///x"),
        ("#item", {"$dataset": "file:///x", "rows": 7}),
        ("rows: #E1.rows.", "rows: 3."),
        ("#E2 and #E12", "[1,2] and twelve"),
        ("##E1 is a text", "#E1 is a text"),
        ("##item", "#item"),
        ("got #E1.text", "got #E2"),
        ("#E1.text", "#E2"),
        ("#Everglades #E0 #E01 E1 # E1 #E1x #items", "#Everglades #E0 #E01 E1 # E1 #E1x #items"),
        ({"a": ["#E1.rows", {"b": "#E2.0"}]}, {"a": [3, {"b": 1}]}),
        (17, 17),
    ],
)
def test_a_reference_stands_for_what_it_names(written: Any, meant: Any) -> None:
    assert resolve(written, lookup) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("#E9", "#E9: there is no such step"),
        ("#E1.colour", "#E1.colour: there is no 'colour' in {rows, files, text, none}"),
        ("#E1.files.2", "#E1.files.2: there is no '2' in a list of 2"),
        ("#E1.rows.more", "#E1.rows.more: there is no 'more' in a int"),
    ],
)
def test_one_that_leads_nowhere_says_where_it_broke_off(written: str, said: str) -> None:
    with pytest.raises(EvidenceError) as error:
        resolve(written, lookup)

    assert str(error.value) == said


def test_keys_are_not_read_as_references() -> None:
    assert resolve({"#E1": 1}, lookup) == {"#E1": 1}


def test_all_references_are_found_at_any_depth() -> None:
    found = list(references({"a": ["#E1.x.y", "##E2"], "b": {"c": "#item and #E3[0]"}}))

    assert found == [("E1", ["x", "y"]), ("item", []), ("E3[0]", [])]
