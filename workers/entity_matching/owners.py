"""link_properties_to_entities: which registered entity owns a parcel or an account?"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import polars as pl
from pydantic import Field as Described

from workers import datasets
from workers.contract import Call, InvalidParameters, action
from workers.datasets import Dataset
from workers.entity_matching import matching, parties, publishing, tables
from workers.entity_matching.assignment import Rules
from workers.entity_matching.fields import Field
from workers.entity_matching.match import CERTAIN, POSSIBLE, Certain, Linkage, Possible, check_thresholds
from workers.entity_matching.name_columns import PEOPLE
from workers.entity_matching.results import OwnerLinks
from workers.entity_matching.tables import Records
from workers.stores import Table, reading

# What the rolls call the owner; the first column that is there is taken.
ROLL_NAMES = ("own_name", "own_nam", "owner_name", "owner")
ROLL_ADDRESSES = ("own_addr1", "own_addr", "owner_address")
ROLL_ZIPS = ("own_zipcd", "owner_zip")
ROLL_CITIES = ("own_city", "owner_city")
ENTITY_ADDRESSES = ("principal_address_1", "mail_address_1", "agent_address", "address")
ENTITY_ZIPS = ("principal_zip", "mail_zip", "zip")
ENTITY_CITIES = ("principal_city", "mail_city", "city")
PLACES = (
    ("address", ROLL_ADDRESSES, ENTITY_ADDRESSES),
    ("city", ROLL_CITIES, ENTITY_CITIES),
    ("zip", ROLL_ZIPS, ENTITY_ZIPS),
)
OWNER = "owner"
SUNBIZ: Table = {"table": "sunbiz_entity"}


@action(expected_seconds=120)
def link_properties_to_entities(
    call: Call,
    properties: Annotated[Dataset | Table, Described(description='Parcels or accounts: {"table": "nal_current"}.')],
    property_key: Annotated[
        list[str], Described(min_length=1, description='The columns that name one: ["co_no", "parcel_id"].')
    ],
    entities: Annotated[Dataset | Table, Described(description="The registered entities.")] = SUNBIZ,
    entity_key: Annotated[list[str], Described(min_length=1)] = ["document_number"],  # noqa: B006
    entity_name: Annotated[str, Described(description="The column with the entity's name.")] = "name",
    owner_name: Annotated[
        str, Described(description="The column with the owner's name; empty: as the rolls call it.")
    ] = "",
    linkage: Linkage = "owners",
    certain: Certain = CERTAIN,
    possible: Possible = POSSIBLE,
) -> OwnerLinks:
    """Link the owners of parcels or accounts to registered entities.

    Each owner (a name with its mailing address) is matched once, whatever number of properties it has. Owners that
    are people or estates are told by their names and left out. Of entities that are as likely, the active one is the
    owner. See match_entities for how records are compared; unsure owners are questions for `settle`.
    """
    check_thresholds(certain, possible)
    with datasets.workspace() as folder:
        named, compared = _columns(properties, "properties", owner_name, entities, entity_name)
        rolls = tables.read(call, properties, "properties", property_key, named, folder)
        owners = _owners(rolls, named)
        prefer = {"status": "A"} if _has(entities, "entities", "status") else {}
        wanted = [*tables.columns_of(compared, 1), *prefer]
        registered = tables.read(call, entities, "entities", entity_key, wanted, folder)
        rules = Rules(certain, possible, "many_to_one")
        found, links = matching.link(call, linkage, [owners, registered], compared, rules, folder, prefer)
    holdings = _holdings(
        rolls, named, owners, registered, {pair.left: (pair.right, pair.probability) for pair in links}
    )
    place = f"matching/{publishing.slug(linkage)}/{found['run']}/properties-{publishing.digest(rolls.keys)}.parquet"
    return {
        **found,
        "properties_linked": holdings["entity_key"].count(),
        "kinds": _kinds(rolls, named[0]),
        "properties": datasets.write(holdings, place),
    }


def _columns(
    properties: Dataset | Table, name: str, owner_name: str, entities: Dataset | Table, entity_name: str
) -> tuple[list[str], list[Field]]:
    """The roll's columns that say who the owner is, the name first; and how they are compared."""
    with reading(properties, name) as rolls, reading(entities, "entities") as registry:
        owner = owner_name.lower() or next((column for column in ROLL_NAMES if column in rolls.kinds), "")
        if owner not in rolls.kinds:
            expected = owner_name or ", ".join(ROLL_NAMES)
            raise InvalidParameters(f"owner_name: {name} has no column {expected}", field="owner_name")
        if entity_name.lower() not in registry.kinds:
            raise InvalidParameters(f"entity_name: entities has no column {entity_name!r}", field="entity_name")
        named, fields = [owner], [Field("name", ([owner], [entity_name.lower()]), None, (False, True), identifies=True)]
        for kind, ours, theirs in PLACES:
            left = [column for column in ours if column in rolls.kinds][:1]
            right = [column for column in theirs if column in registry.kinds]
            named += left
            if left and right:
                fields.append(Field(kind, (left, right)))  # type: ignore[arg-type]
    return named, fields


def _has(store: Dataset | Table, name: str, column: str) -> bool:
    with reading(store, name) as side:
        return column in side.kinds


def _owners(rolls: Records, named: list[str]) -> Records:
    """Each owner once, under a key made of what the roll says; without people and estates, who are not registered."""
    frame = rolls.frame.select(named).with_columns(_key(named)).unique(OWNER, keep="first", maintain_order=True)
    kinds = [parties.parse(text or "").kind for text in frame[named[0]].to_list()]
    registered = [bool(text) and kind not in PEOPLE for text, kind in zip(frame[named[0]], kinds, strict=True)]
    kept = frame.filter(pl.Series(registered, dtype=pl.Boolean))
    return Records(kept, kept[OWNER].to_list())


def _key(named: list[str]) -> pl.Expr:
    """An owner's key: its name and address as they stand, so that a decision holds for next year's roll too."""
    parts = [pl.col(name).fill_null("").str.strip_chars() for name in named]
    return pl.concat_str(parts, separator=" | ").str.slice(0, tables.KEY_LENGTH).alias(OWNER)


def _holdings(
    rolls: Records, named: list[str], owners: Records, registered: Records, links: Mapping[int, tuple[int, float]]
) -> pl.DataFrame:
    """Each property with its owner's key, and the entity's with the probability where there is a link."""
    linked = pl.DataFrame(
        [(owners.keys[left], registered.keys[right], probability) for left, (right, probability) in links.items()],
        schema={OWNER: pl.String, "entity_key": pl.String, "probability": pl.Float64},
        orient="row",
    )
    held = rolls.frame.select(pl.Series("property_key", rolls.keys, dtype=pl.String), _key(named))
    return held.join(linked, on=OWNER, how="left", maintain_order="left")


def _kinds(rolls: Records, owner: str) -> dict[str, int]:
    """How many properties are held by companies, people, trusts and so on, as far as the names tell."""
    counts = Counter(parties.parse(text or "").kind if text else "none" for text in rolls.frame[owner].to_list())
    return dict(sorted(counts.items()))
