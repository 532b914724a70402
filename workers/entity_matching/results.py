"""What the actions answer, and the questions to people that they leave."""

from typing import Any

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.datasets import Dataset


class Evidence(TypedDict):
    """How one field agreed, and how much that tells: bits, negative where it speaks against the pair."""

    field: str
    words: str
    bits: float


class Candidate(TypedDict):
    """A record that may be the same party: its key, what it says, how likely it is, and why."""

    right_key: str
    right: dict[str, Any]
    probability: float
    comparison: list[Evidence]


class Question(TypedDict):
    """A record, and the candidates of which a person has to say whether they are the same party."""

    left_key: str
    left: dict[str, Any]
    candidates: list[Candidate]


class Weight(TypedDict):
    """What the model learned about one way in which a field agrees."""

    field: str
    words: str
    bits: float


class Matching(TypedDict):
    """What a matching found.

    ``links`` and ``unsure`` are datasets with the keys, the probability and the comparison of each pair; ``run`` names
    this matching. ``open`` counts the records that a person has to decide about: `settle` asks.
    """

    linkage: str
    run: str
    left_rows: int
    right_rows: int
    pairs_compared: int
    linked: int
    open: int
    decided_before: int
    links: Dataset
    unsure: Dataset
    weights: list[Weight]
    words: str


class Deduplication(Matching):
    """What a search for duplicates found. ``groups``: a dataset with the key of each row and of its group."""

    duplicates: int
    groups: Dataset


class OwnerLinks(Matching):
    """What was found about owners. ``properties``: a dataset with the key, owner and entity of each parcel or account.

    ``kinds`` counts the owners by what their names say they are; people and estates are no entities.
    """

    properties_linked: int
    kinds: dict[str, int]
    properties: Dataset


class Settlement(TypedDict):
    """What is left to ask. ``open`` shows the first questions, ``open_total`` counts all."""

    linkage: str
    remembered: int
    accepted: int
    refused: int
    open_total: int
    open: list[Question]
    words: str
