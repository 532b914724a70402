"""match_entities: which records of two tables are one party?"""

from typing import Annotated

from pydantic import Field

from workers import datasets
from workers.contract import Call, InvalidParameters, action
from workers.datasets import Dataset
from workers.entity_matching import fields as mapping
from workers.entity_matching import matching, tables
from workers.entity_matching.assignment import Cardinality, Rules
from workers.entity_matching.fields import Pair
from workers.entity_matching.results import Matching
from workers.stores import Table

CERTAIN, POSSIBLE = 0.95, 0.3
Linkage = Annotated[
    str, Field(min_length=1, max_length=100, description="What this matching is called: decisions are kept under it.")
]
Certain = Annotated[float, Field(gt=0, le=1, description="Pairs at least so likely are links.")]
Possible = Annotated[float, Field(gt=0, le=1, description="Pairs at least so likely are shown to a person.")]


@action(expected_seconds=60)
def match_entities(
    call: Call,
    left: Annotated[Dataset | Table, Field(description='A dataset reference, or {"table": "nap_current"}.')],
    right: Annotated[Dataset | Table, Field(description='The other; a table takes "where": {"status": "A"}.')],
    left_key: Annotated[list[str], Field(min_length=1, description="The columns that name a row on the left.")],
    right_key: Annotated[list[str], Field(min_length=1, description="The columns that name a row on the right.")],
    fields: Annotated[
        list[Pair],
        Field(min_length=1, description='What means the same: {"kind": "name", "left": "OWN_NAM", "right": "name"}.'),
    ],
    linkage: Linkage,
    certain: Certain = CERTAIN,
    possible: Possible = POSSIBLE,
    cardinality: Annotated[Cardinality, Field(description="How many partners a record may have.")] = "one_to_one",
    prefer: Annotated[
        dict[str, str], Field(description='Of candidates that are as likely, these: {"status": "A"}.')
    ] = {},  # noqa: B006
) -> Matching:
    """Find the records of two tables that are one party, by a mapping of their columns.

    Names are compared in Florida's normal form first, then by their words, so that suffixes, abbreviations, typing
    errors and names that were cut off do not keep them apart; addresses and telephones that many share tell little.
    Certain pairs become links in the warehouse; unsure ones are questions for `settle`.
    """
    check_thresholds(certain, possible)
    read = mapping.of_pairs(fields)
    with datasets.workspace() as folder:
        records = [
            tables.read(call, left, "left", left_key, tables.columns_of(read, 0), folder),
            tables.read(call, right, "right", right_key, [*tables.columns_of(read, 1), *prefer], folder),
        ]
        rules = Rules(certain, possible, cardinality)
        found, _ = matching.link(call, linkage, records, mapping.lower(read), rules, folder, prefer)
    return found


def check_thresholds(certain: float, possible: float) -> None:
    """Raise `InvalidParameters` if nothing could be certain and still not possible."""
    if possible > certain:
        raise InvalidParameters("possible: it cannot be above certain", field="possible")
