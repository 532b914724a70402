"""link_properties_to_entities: owners of parcels are found in the register, people are left out."""

from typing import Any

import polars as pl
import pytest

from tests.workers.entity_matching.conftest import Json, Rows, run, written
from workers import datasets
from workers.contract import InvalidParameters
from workers.entity_matching import sample

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]


def parcel(key: str, owner: str, street: str = "1 MAIN ST", postcode: str = "33101") -> Json:
    return {"CO_NO": 16, "PARCEL_ID": key, "OWN_NAME": owner, "OWN_ADDR1": street, "OWN_ZIPCD": postcode}


def entity(number: str, name: str, street: str = "1 MAIN ST", status: str = "A") -> Json:
    return {
        "document_number": number,
        "name": name,
        "status": status,
        "principal_address_1": street,
        "principal_zip": "33101",
        "agent_address": "2 AGENT AVE",
    }


PARCELS = [
    parcel("001", "GULF WATERS PROP MGMT LLC"),
    parcel("002", "SMYTHE,JOE H & ANN"),
    parcel("003", "GULF WATERS PROP MGMT LLC"),
    parcel("004", "GULF WATERS PROP MGMT LLC", "77 ELSEWHERE LN"),
    parcel("005", "SMYTHE,JOE EST"),
]
ENTITIES = [
    entity("L1", "GULF WATERS PROPERTIES MANAGEMENT, LLC"),
    entity("P2", "SMYTHE JOE H ANN INC"),
    entity("P3", "PALM HARDWARE CORP", "9 LAKE RD"),
]


def link(parcels: Rows, entities: Rows, **parameters: Any) -> Json:
    sides = {"properties": written(parcels, "parcels"), "entities": written(entities, "entities")}
    return run("link_properties_to_entities", **{**sides, "property_key": ["CO_NO", "PARCEL_ID"], **parameters})


def holdings(found: Json) -> dict[str, str | None]:
    return dict(datasets.read(found["properties"]).select("property_key", "entity_key").rows())


def test_every_property_of_an_owner_gets_the_entity() -> None:
    found = link(PARCELS, ENTITIES)

    held = holdings(found)
    assert (held["16 / 001"], held["16 / 003"]) == ("L1", "L1")
    assert found["properties_linked"] >= 2


def test_people_and_estates_are_told_by_their_names_and_left_out() -> None:
    found = link(PARCELS, ENTITIES)

    assert (holdings(found)["16 / 002"], holdings(found)["16 / 005"]) == (None, None)
    assert found["kinds"] == {"company": 3, "estate": 1, "person": 1}


def test_an_owner_is_matched_once_whatever_he_owns() -> None:
    assert link(PARCELS, ENTITIES)["left_rows"] == 2  # one company at two addresses


def test_of_an_old_and_a_new_entity_of_one_name_the_active_one_is_the_owner() -> None:
    register = [entity("L1", "GULF WATERS LLC", status="I"), entity("L2", "GULF WATERS, LLC", status="A")]

    assert holdings(link([parcel("001", "GULF WATERS LLC")], register)) == {"16 / 001": "L2"}


def test_an_owner_without_a_name_is_nobody() -> None:
    found = link([parcel("000", ""), *PARCELS], ENTITIES)

    assert found["kinds"]["none"] == 1
    assert holdings(found)["16 / 000"] is None


def test_a_roll_without_an_owner_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="owner_name: properties has no column own_name"):
        link([{"CO_NO": 16, "PARCEL_ID": "001"}], ENTITIES)


def test_owners_with_the_noise_of_rolls_are_found() -> None:
    made = sample.make(1_500, 1_500, seed=7)

    found = run(
        "link_properties_to_entities",
        properties=datasets.write(made.owners, "tests/owners.parquet"),
        property_key=["parcel_id"],
        entities=datasets.write(made.entities, "tests/entities.parquet"),
    )

    held = datasets.read(found["properties"]).filter(pl.col("entity_key").is_not_null())
    linked = dict(held.select("property_key", "entity_key").rows())
    right = sum(made.truth.get(key) == number for key, number in linked.items())
    assert right / len(linked) > 0.99
    assert right / len(made.truth) > 0.75
    unsure = datasets.read(found["unsure"])
    assert set(unsure["right_key"]) <= set(made.entities["document_number"])
