"""Runs the worker's actions as a caller does, on tables that were made for the test."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from workers import datasets
from workers.contract import Call
from workers.entity_matching import worker
from workers.warehouse.matches import MatchLink

Json = dict[str, Any]
Rows = Sequence[Json]

COMPANIES = [
    {"kind": "name", "left": "owner", "right": "name"},
    {"kind": "address", "left": "street", "right": "address"},
    {"kind": "phone", "left": "phone", "right": "phone"},
]


def run(action: str, **parameters: Any) -> Json:
    """An action through its schemas."""
    return worker.actions[action].run(Call(operation_id="op-test"), parameters)


def written(rows: Rows, name: str) -> datasets.Dataset:
    return datasets.write(pl.DataFrame(rows), f"tests/{name}.parquet")


def match(owners: Rows, companies: Rows, **parameters: Any) -> Json:
    """Match rows with owner, street and phone to rows with name, address and phone, by their ids."""
    sides = {"left": written(owners, "left"), "right": written(companies, "right")}
    named = {"left_key": ["id"], "right_key": ["id"], "fields": COMPANIES, "linkage": "test"}
    return run("match_entities", **{**sides, **named, **parameters})


def links(result: Json) -> dict[str, str]:
    """The pairs that are linked, by their keys; the warehouse has the same."""
    found = datasets.read(result["links"]).select("left_key", "right_key").rows()
    kept = MatchLink.objects.filter(linkage=result["linkage"]).values_list("left_key", "right_key")
    assert sorted(found) == sorted(kept)
    return dict(found)


def owner(key: str, name: str, street: str = "", phone: str = "") -> Json:
    return {"id": key, "owner": name, "street": street, "phone": phone}


def company(key: str, name: str, address: str = "", phone: str = "") -> Json:
    return {"id": key, "name": name, "address": address, "phone": phone}
