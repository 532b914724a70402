"""The most probable use code of each parcel: a rule's, else the model's; and the present codes that look wrong."""

from typing import Any

import polars as pl

from workers.ai_ml import rules
from workers.ai_ml.features import LABEL, PLACE
from workers.ai_ml.model import Model, Predictions
from workers.contract import Call

GUESSES: dict[str, Any] = {
    "guess": pl.String,
    "likely": pl.Float64,
    "votes": pl.List(pl.Float64),
    "candidates": pl.List(pl.String),
}
AT_ONCE = 50_000  # parcels judged together: each has a share of the votes for every code there is
ALL = pl.lit(value=True)
ASSIGNED = ("co_no", "parcel_id", "use_code", "probability", "by", "votes", "candidates", "present")


def ruled(parcels: pl.DataFrame, in_force: list[Any]) -> pl.DataFrame:
    """The parcels with ``ruled`` and ``rule``: what the first rule that applies to each says, and its name."""
    fitting = [rule for rule in in_force if rules.fields(rule.content["when"]) <= {*parcels.columns}]
    codes, names = [], []
    for rule in fitting:
        when = pl.when(rules.applies(rule.content["when"]))
        codes.append(when.then(pl.lit(rule.content["sets"]["value"])))
        names.append(when.then(pl.lit(f"rule {rule.name} version {rule.version}")))
    none = pl.lit(None, pl.String)
    return parcels.with_columns(ruled=pl.coalesce(*codes, none), rule=pl.coalesce(*names, none))


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


def in_parts(call: Call, parcels: pl.DataFrame, trained: Model | None, kept: pl.Expr = ALL) -> pl.DataFrame:
    """The parcels judged, those that are ``kept``."""
    parts = [_judged(parcels.head(0), None)]
    for part in parcels.iter_slices(AT_ONCE):
        call.check()
        parts.append(_judged(part, trained.predict(part) if trained else None).filter(kept))
    return pl.concat(parts)


def doubts(
    call: Call, labelled: pl.DataFrame, learned_from: pl.DataFrame, trained: Model | None, above: float
) -> pl.DataFrame:
    """Parcels whose code looks wrong, the least probable first: to the trees that did not learn from the parcel."""
    if trained is None:
        return _judged(labelled.head(0), None)
    ruleless = pl.lit(None, pl.String)
    known = labelled.with_columns(ruled=ruleless, rule=ruleless)
    taught = known.join(learned_from.select(PLACE, LABEL).with_row_index(), on=[PLACE, LABEL], how="inner")
    places = taught["index"].to_numpy()
    unseen = Predictions(trained.unseen.codes[places], trained.unseen.votes[places], trained.unseen.probability[places])
    others = known.join(learned_from.select(PLACE, LABEL), on=[PLACE, LABEL], how="anti")
    wrong = (pl.col("use_code") != pl.col("present")) & (pl.col("probability") >= above)
    of_taught = _judged(taught.drop("index"), unseen).filter(wrong)
    judged = pl.concat([of_taught, in_parts(call, others, trained, wrong)])
    return judged.sort("probability", "co_no", "parcel_id", descending=[True, False, False])
