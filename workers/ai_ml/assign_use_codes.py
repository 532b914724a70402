"""assign_use_codes: use codes for parcels that lack one, and doubts about codes that look wrong."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import polars as pl
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.ai_ml import features, model, review, rolls, rules, store_rules
from workers.ai_ml.features import LABEL, PLACE, Roll
from workers.ai_ml.model import Metrics, Model, Predictions
from workers.ai_ml.review import Decision, ReviewItem
from workers.contract import Call, action
from workers.datasets import Dataset

GUESSES: dict[str, Any] = {
    "guess": pl.String,
    "likely": pl.Float64,
    "votes": pl.List(pl.Float64),
    "candidates": pl.List(pl.String),
}
ASSIGNED = ("co_no", "parcel_id", "use_code", "probability", "by", "votes", "candidates", "present")


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
    parcels = _ruled(features.parcels(read, roll), in_force)
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
    judged = _judged(lacking, trained.predict(lacking) if trained else None)
    doubted = _doubts(labelled, learned_from, trained, doubt_above)
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


def _ruled(parcels: pl.DataFrame, in_force: list[Any]) -> pl.DataFrame:
    """The parcels with ``ruled`` and ``rule``: what the first rule that applies to each says, and its name."""
    fitting = [rule for rule in in_force if rules.fields(rule.content["when"]) <= {*parcels.columns}]
    codes, names = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for rule in reversed(fitting):
        applies = rules.applies(rule.content["when"])
        codes = pl.when(applies).then(pl.lit(rule.content["sets"]["value"])).otherwise(codes)
        names = pl.when(applies).then(pl.lit(f"rule {rule.name} version {rule.version}")).otherwise(names)
    return parcels.with_columns(ruled=codes, rule=names)


def _judged(parcels: pl.DataFrame, predicted: Predictions | None) -> pl.DataFrame:
    """The parcels with the most probable code each: a rule's, else the model's, else none."""
    known = parcels.height if predicted is None else 0
    guesses = pl.DataFrame(
        {
            "guess": [None] * known if predicted is None else predicted.codes[:, 0].tolist(),
            "likely": [None] * known if predicted is None else predicted.probability.tolist(),
            "votes": [[]] * known if predicted is None else predicted.votes.tolist(),
            "candidates": [[]] * known if predicted is None else predicted.codes.tolist(),
        },
        schema=GUESSES,
    )
    is_ruled = pl.col("ruled").is_not_null()
    return (
        pl.concat([parcels, guesses], how="horizontal")
        .with_columns(
            use_code=pl.coalesce("ruled", "guess"),
            probability=pl.when(is_ruled).then(1.0).otherwise(pl.col("likely")).round(4),
            by=pl.coalesce("rule", pl.lit("model")),
            present=pl.col(LABEL),
        )
        .select(ASSIGNED)
    )


def _doubts(labelled: pl.DataFrame, learned_from: pl.DataFrame, trained: Model | None, above: float) -> pl.DataFrame:
    """Parcels whose code looks wrong, the least probable first: to the trees that did not learn from the parcel."""
    if trained is None:
        return _judged(labelled.head(0), None)
    ruleless = pl.lit(None, pl.String)
    known = labelled.with_columns(ruled=ruleless, rule=ruleless)
    taught = known.join(learned_from.select(PLACE, LABEL).with_row_index(), on=[PLACE, LABEL], how="inner")
    places = taught["index"].to_numpy()
    unseen = Predictions(trained.unseen.codes[places], trained.unseen.votes[places], trained.unseen.probability[places])
    others = known.join(learned_from.select(PLACE, LABEL), on=[PLACE, LABEL], how="anti")
    judged = pl.concat([_judged(taught.drop("index"), unseen), _judged(others, trained.predict(others))])
    wrong = (pl.col("use_code") != pl.col("present")) & (pl.col("probability") >= above)
    return judged.filter(wrong).sort("probability", "co_no", "parcel_id", descending=[True, False, False])


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
