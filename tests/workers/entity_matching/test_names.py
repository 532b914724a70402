"""Names that the Division of Corporations does not tell apart are one in the normal form, and no others."""

import pytest

from workers.entity_matching.names import normal, plain_form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sunny Isles Holdings, LLC", "SUNNY ISLES HOLDINGS INC."),
        ("SUNNY ISLES HOLDINGS L.L.C.", "SUNNY ISLES HOLDINGS LL C"),
        ("SUNNY ISLES HOLDINGS L L C", "SUNNY ISLES HOLDINGS LIMITED LIABILITY COMPANY"),
        ("THE SUNNY ISLES HOLDING CO", "SUNNY ISLES HOLDINGS"),
        ("J & L HOLDINGS LLC", "J AND L HOLDINGS LLC"),
        ("MARLIN'S BAIT SHOP INC", "MARLIN BAIT SHOPS INC"),
        ("SUNNY-ISLES HOLDINGS!", "SUNNY ISLES HOLDINGS"),
        ("FLA. SUNNY HOLDINGS", "FLORIDA SUNNY HOLDINGS"),
        ("GULF PROP MGMT INC", "GULF PROPERTIES MANAGEMENT, INC."),
        ("ORDOÑEZ BLDRS LLC", "ORDONEZ BUILDERS LLC"),
        ("MARLIN\ufffd\ufffd\ufffdS BAIT SHOP", "MARLINS BAIT SHOP"),
        ("BAIT SHOP #48928", "BAIT SHOP"),
    ],
)
def test_what_the_division_does_not_tell_apart_is_one(one: str, other: str) -> None:
    assert normal(one).key == normal(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GULF HOLDINGS 1 LLC", "GULF HOLDINGS 2 LLC"),
        ("GULF HOLDINGS II LLC", "GULF HOLDINGS III LLC"),
        ("GULF HOLDINGS LLC", "GULF REALTY LLC"),
        ("BAIT SHOP #1", "BAIT SHOP #2"),
    ],
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert normal(one).key != normal(other).key


def test_the_suffix_is_kept_beside_the_key() -> None:
    assert normal("GULF HOLDINGS, L.L.C.").suffix == "LLC"
    assert normal("GULF HOLDINGS").suffix == ""


@pytest.mark.parametrize("text", ["LLC", "THE COMPANY", "A", "&", "123", "¿?"])
def test_a_name_of_nothing_but_suffixes_and_marks_breaks_nothing(text: str) -> None:
    assert normal(text).key == normal(text).key
    assert plain_form(text) == normal(text).plain
