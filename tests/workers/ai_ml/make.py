"""Generated rolls for the tests of ai_ml, with use codes taken away, and its actions as callers run them."""

from typing import Any

import polars as pl

from tests.workers.rolls import make_csv, make_dataset, make_processed
from workers import datasets
from workers.ai_ml import worker
from workers.contract import Call
from workers.datasets import Dataset
from workers.florida_data.upload import upload

Json = dict[str, Any]


def run(action: str, **parameters: Any) -> Json:
    """An action as a caller runs it, through its schemas."""
    return worker.actions[action].run(Call(), parameters)


def make_roll(parcels: int = 1_500) -> pl.DataFrame:
    """A processed NAL of so many parcels."""
    return datasets.read(make_processed(make_csv("NAL", parcels=parcels), "NAL")["dataset"])


def without_codes(roll: pl.DataFrame, *, every: int = 10) -> pl.DataFrame:
    """The roll with every so-manieth use code gone."""
    is_hidden = pl.int_range(pl.len()) % every == 0
    return roll.with_columns(DOR_UC=pl.when(is_hidden).then(None).otherwise("DOR_UC"))


def in_store(roll: pl.DataFrame, name: str = "roll") -> Dataset:
    return make_dataset(roll, name)


def load(parcels: int = 1_500) -> None:
    """Load a roll into the warehouse."""
    upload.run(Call(), {"processed": make_processed(make_csv("NAL", parcels=parcels), "NAL")})


RULE: Json = {
    "name": "one_dollar_common_area",
    "origin": "op-20251021-023456-a1b2c3d4: decided by a reviewer",
    "when": [{"field": "jv", "op": "at_most", "value": 100}, {"field": "dor_uc", "op": "is_blank", "value": None}],
    "sets": {"field": "dor_uc", "value": "009"},
    "tests": [{"row": {"jv": 100}, "applies": True}, {"row": {"jv": 250_000}, "applies": False}],
}
