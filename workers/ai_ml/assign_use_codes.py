"""assign_use_codes: use codes for parcels that lack one, and doubts about codes that look wrong."""

import json
from collections.abc import Iterator
from typing import Annotated

import polars as pl
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.ai_ml import features, judging, model, review, rolls, rules, store_rules
from workers.ai_ml.features import LABEL, Roll
from workers.ai_ml.model import Metrics, Model
from workers.ai_ml.review import Decision, ReviewItem
from workers.contract import Call, action
from workers.datasets import Dataset


class ModelCard(TypedDict):
    """Which model it was, what it learned from, and how it does on parcels that it did not see."""

    version: str
    trained_on: int
    use_codes: int
    columns: list[str]
    metrics: Metrics


class UseCodes(TypedDict):
    """What became of the parcels. ``assignments``: code, probability and origin of each that got one; ``review``: all
    that a person should look at, of which ``review_items`` are the first; ``model`` is null where none could learn."""

    label: str
    parcels: int
    lacking: int
    assigned: int
    by_rule: int
    by_person: int
    unsure: int
    looks_wrong: int
    threshold: float
    model: ModelCard | None
    assignments: Dataset | None
    review: Dataset | None
    review_items: list[ReviewItem]
    words: str


@action(expected_seconds=60)
def assign_use_codes(
    call: Call,
    roll: Annotated[Roll, Field(description="which roll tells the use codes: parcels (NAL) or sales (SDF)")] = "NAL",
    counties: Annotated[list[str | int], Field(description="only these; empty: all that is loaded")] = [],  # noqa: B006
    rows: Annotated[Dataset | None, Field(description="a processed roll instead of the warehouse's")] = None,
    training: Annotated[Dataset | None, Field(description="rows with codes to learn from; else the same rows")] = None,
    threshold: Annotated[float, Field(gt=0, lt=1, description="Assign only what is at least so probable.")] = 0.9,
    doubt_above: Annotated[
        float, Field(gt=0, lt=1, description="Doubt a present code where another one is at least so probable.")
    ] = 0.98,
    most_items: Annotated[int, Field(ge=0, le=200, description="how many review items to tell in full")] = 25,
    decisions: Annotated[list[Decision], Field(description="what people decided about review items")] = [],  # noqa: B006
) -> UseCodes:
    """Give parcels without a use code the one that the loaded parcels suggest, where that is probable enough.

    Rules in force (see store_rules) come first, then a model trained on the parcels that have a code. What neither
    can tell becomes a review item, as does a present code that looks wrong. Rolls are not changed: the codes come as
    a dataset, with the model's version and metrics.
    """
    review.check(decisions)
    in_force = store_rules.in_force(LABEL)
    wanted = features.columns(roll) | {name for rule in in_force for name in rules.fields(rule.content["when"])}
    read = rolls.from_dataset(rows, wanted, "rows") if rows else rolls.from_warehouse(call, roll, wanted, counties)
    parcels = judging.ruled(features.parcels(read, roll), in_force)
    lacking = parcels.filter(pl.col(LABEL).is_null())
    labelled = parcels.filter(pl.col(LABEL).is_not_null())
    learned_from = labelled
    if training:
        learned_from = features.parcels(rolls.from_dataset(training, wanted, "training"), roll)
        learned_from = learned_from.filter(pl.col(LABEL).is_not_null())
    learned_from = model.sample(learned_from)
    call.progress(1, 4, f"learning from {learned_from.height:,} parcels")
    trained = model.train(learned_from, roll)
    call.progress(2, 4, f"judging {parcels.height:,} parcels")
    judged = judging.in_parts(call, lacking, trained)
    doubted = judging.doubts(call, labelled, learned_from, trained, doubt_above)
    call.progress(3, 4, "writing")
    sure = (pl.col("probability") >= threshold).fill_null(value=False)
    decided, open_ = review.decide(pl.concat([judged.filter(~sure), doubted]), decisions)
    assigned = pl.concat([judged.filter(sure), decided])
    unsure = open_.filter(pl.col("present").is_null()).height
    told: UseCodes = {
        "label": f"use codes of the {roll}",
        "parcels": parcels.height,
        "lacking": lacking.height,
        "assigned": assigned.height,
        "by_rule": judged.filter(pl.col("by") != "model").height,
        "by_person": decided.height,
        "unsure": unsure,
        "looks_wrong": open_.height - unsure,
        "threshold": threshold,
        "model": _card(trained, learned_from) if trained else None,
        "assignments": _write(assigned, "use-codes"),
        "review": _write(open_, "use-codes-review"),
        "review_items": [review.item(row) for row in open_.head(most_items).to_dicts()],
        "words": "",
    }
    return told | {"words": " ".join(_words(told))}


def _card(trained: Model, learned_from: pl.DataFrame) -> ModelCard:
    """What is known of the model, kept beneath DATA_URL under its version too."""
    card: ModelCard = {
        "version": trained.version,
        "trained_on": learned_from.height,
        "use_codes": len(trained.forest.classes_),
        "columns": trained.encoder.names,
        "metrics": trained.metrics,
    }
    datasets.publish_bytes(json.dumps(card, indent=2).encode(), f"models/{trained.version}.json")
    return card


def _write(rows: pl.DataFrame, name: str) -> Dataset | None:
    """The rows as a dataset named by what they hold; nothing where there are none."""
    if rows.is_empty():
        return None
    digest = f"{rows.hash_rows(model.SEED).sum():016x}"
    return datasets.write(rows, f"{name}/{digest}-{rows.height}.parquet")


def _words(told: UseCodes) -> Iterator[str]:
    if not told["parcels"]:
        yield "There is no parcel to look at: nothing is loaded of these counties, or the rows are empty."
        return
    yield f"{told['lacking']:,} of {told['parcels']:,} parcels lack a use code."
    if told["lacking"]:
        given = told["assigned"] - told["by_person"]
        yield f"{given:,} got one, {told['by_rule']:,} of them by rules; {told['unsure']:,} are unsure."
    if told["by_person"]:
        yield f"People gave {told['by_person']:,} parcels a code."
    if told["looks_wrong"]:
        yield f"{told['looks_wrong']:,} present codes look wrong."
    if not told["model"]:
        yield f"No model could learn: it takes {model.FEWEST} parcels with at least two different codes."
        return
    metrics = told["model"]["metrics"]
    yield f"On parcels that it did not see, the model {told['model']['version']} names {metrics['accuracy']:.1%} right"
    yield f"(always naming the most common code: {metrics['majority']:.1%})."
