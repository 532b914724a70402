"""The linkage model: Splink learns from the data how much each agreement tells, and weighs every candidate pair."""

import logging
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from splink import Linker, SettingsCreator, block_on
from splink.internals.exceptions import SplinkException

from workers.contract import Call
from workers.entity_matching import candidates
from workers.entity_matching.comparisons import CUT, UNIQUE, comparison
from workers.entity_matching.engines import Engine
from workers.entity_matching.fields import Field
from workers.entity_matching.preparation import RECORD, column_of

REGISTER = "b_right"  # the right side, or the only one; Splink takes tables by the order of their names
LEFT, RIGHT = f"{RECORD}_l", f"{RECORD}_r"
PLACES = ("address", "phone", "zip", "city")  # what tells where a party is, not who it is
REPEATED = 0.4  # what a further agreement about the place still tells beside the strongest one
FEWEST_FOR_U, FEWEST_FOR_M = 10_000, 100  # pairs below which the data say less than experience
SAMPLE = 500_000
CROWD = 50  # records with one key: so many teach nothing that fewer would not, and their pairs are many
ROUNDS = 10
COINCIDENCE = 0.001  # how likely a stranger's name is, by chance, one of a register's
CUT_COINCIDENCE = 0.005  # the same of a name that was cut off
FAINTEST_M = 0.001
LOWEST = -6.0  # bits: pairs below are not worth keeping

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Level:
    """One way in which a field may agree, and how many bits of evidence that is."""

    words: str
    weight: float


@dataclass
class Scored:
    """Pairs with their weight in bits, their probability, and each field's part in it (``mw_`` columns)."""

    pairs: pl.DataFrame
    compared: int
    prior: float
    levels: dict[str, list[Level]]


def score(call: Call, engine: Engine, frames: Sequence[pl.DataFrame], fields: Sequence[Field]) -> Scored:
    """Compare the candidate pairs of the prepared ``frames`` (one of duplicates, else two)."""
    tables = [REGISTER] if len(frames) == 1 else ["a_left", REGISTER]
    for table, frame in zip(tables, frames, strict=True):
        engine.take(table, frame.with_columns(_training_keys(frame, fields)))
    compared = candidates.find(engine, tables, fields)
    total = _possible(frames)
    if not compared:
        return Scored(_nothing(fields), 0, 0.0, {})
    call.progress(1, 4, f"learning from {compared:,} pairs")
    linker = _linker(engine, tables, fields)
    _learn(linker, engine, tables, fields, total)
    call.progress(2, 4, f"comparing {compared:,} pairs")
    linker.table_management.register_blocked_pairs_for_predict(engine.register("candidates"))
    predicted = linker.inference.predict(threshold_match_weight=LOWEST, warning_mode="never")
    weighed = engine.frame(predicted)
    call.progress(3, 4, f"choosing among {weighed.height:,} pairs")
    prior = float(linker._settings_obj._probability_two_random_records_match)
    pairs, prior = _weighed(weighed, fields, prior, total)
    return Scored(pairs, compared, prior, _levels(linker))


def _training_keys(frame: pl.DataFrame, fields: Sequence[Field]) -> list[pl.Expr]:
    """Of each field that records are found by, one key to learn the others by; none where it is a crowd's."""
    keys = []
    for number, field in enumerate(fields):
        if field.kind in candidates.FOUND_BY:
            column = column_of(field, number)
            key = pl.col(f"{column}_find").list.first() if field.kind != "name" else pl.col(f"{column}_key")
            many = pl.len().over(key) > CROWD
            keys.append(pl.when(many).then(None).otherwise(key).alias(f"learn{number}"))
    return keys


def _linker(
    engine: Engine, tables: Sequence[str], fields: Sequence[Field], chosen: Collection[int] | None = None
) -> Linker:
    """A model of all fields, or of the ``chosen`` ones."""
    settings = SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        unique_id_column_name=RECORD,
        comparisons=[
            comparison(field.kind, column_of(field, number))
            for number, field in enumerate(fields)
            if chosen is None or number in chosen
        ],
        blocking_rules_to_generate_predictions=[block_on(RECORD)],  # replaced by the candidates
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )
    registered = [engine.register(table) for table in tables]
    return Linker(registered if len(tables) > 1 else registered[0], settings, log_level=logging.ERROR)


def _learn(linker: Linker, engine: Engine, tables: Sequence[str], fields: Sequence[Field], total: float) -> None:
    """Measure how often strangers agree, then estimate how often records of one party do, by each key in turn.

    Where names identify, the places of records with one name show how often a party is somewhere else; the estimate
    by agreement alone would take all who moved for strangers.
    """
    if total < FEWEST_FOR_U:
        return
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLE, seed=1)
    for number, field in enumerate(fields):
        if field.identifies:
            _trust_names(linker, engine, fields, number, total)
            _learn_places(linker, engine, tables, fields, number)
    for number, field in enumerate(fields):
        if len(fields) > 1 and field.kind in candidates.FOUND_BY:
            _estimate_m(linker, number)
    _leave_nothing_impossible(linker)


def _leave_nothing_impossible(linker: Linker) -> None:
    """What the data show no example of may still be: one field alone must not rule a pair out."""
    for known in linker._settings_obj.comparisons:
        for level in known.comparison_levels:
            if not level.is_null_level:
                level.m_probability = max(level.m_probability or 0.0, FAINTEST_M)


def _trust_names(linker: Linker, engine: Engine, fields: Sequence[Field], number: int, total: float) -> None:
    """How alike strangers' names are is measured within the register, where every two rows are strangers.

    In random pairs of both sides most names that agree are those of the parties themselves, no coincidence. That a
    whole name agrees by coincidence cannot be measured in a register, where a name is borne once.
    """
    column = column_of(fields[number], number)
    register = _linker(engine, [REGISTER], fields, [number])
    register.training.estimate_u_using_random_sampling(max_pairs=SAMPLE, seed=1)
    known = {UNIQUE: COINCIDENCE / math.sqrt(total), CUT: CUT_COINCIDENCE / math.sqrt(total)}
    measured = _comparison(register, column).comparison_levels
    for level, among in zip(_comparison(linker, column).comparison_levels, measured, strict=True):
        if not level.is_null_level:
            seen = among.u_probability if among._u_is_trained else 0.0
            level.u_probability = known.get(level.label_for_charts, max(seen, 1 / SAMPLE))
            level._fix_u_probability = True


def _learn_places(linker: Linker, engine: Engine, tables: Sequence[str], fields: Sequence[Field], number: int) -> None:
    places = [at for at, field in enumerate(fields) if field.kind in PLACES]
    if not places:
        return
    teacher = _linker(engine, tables, fields, places)
    teacher.training.estimate_m_from_label_column(f"learn{number}")
    for at in places:
        column = column_of(fields[at], at)
        learned = _comparison(teacher, column).comparison_levels
        for level, taught in zip(_comparison(linker, column).comparison_levels, learned, strict=True):
            if not level.is_null_level and taught._m_is_trained:
                level.m_probability = taught.m_probability
                level._fix_m_probability = True


def _comparison(linker: Linker, column: str) -> Any:
    return next(known for known in linker._settings_obj.comparisons if known.output_column_name == column)


def _estimate_m(linker: Linker, number: int) -> None:
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(f"learn{number}"), fix_u_probabilities=True
        )
    except SplinkException as error:
        if error.__cause__:  # the engine failed, or the call was withdrawn
            raise
        # Too few pairs share this key to learn from: what is known beforehand stays.
        logger.info("Nothing to learn by field %d", number)


def _weighed(found: pl.DataFrame, fields: Sequence[Field], prior: float, total: float) -> tuple[pl.DataFrame, float]:
    """The pairs with their weight and probability, and how likely two random records are one."""
    evidence = pl.col("match_weight") - _bits(prior) - _repeated(found, fields)
    weighed = found.select(
        pl.col(LEFT).alias("left"), pl.col(RIGHT).alias("right"), evidence.alias("evidence"), pl.col("^mw_.*$")
    )
    share = _share(weighed["evidence"].to_numpy(), prior, total)
    weight = pl.col("evidence") + _bits(share)
    probability = 1 / (1 + (-weight * math.log(2)).exp())
    return weighed.with_columns(weight.alias("weight"), probability.alias("probability")).drop("evidence"), share


def _repeated(found: pl.DataFrame, fields: Sequence[Field]) -> pl.Expr:
    """What places count too much together: who shares the address shares the telephone, who moved has neither."""
    columns = [f"mw_{column_of(field, number)}" for number, field in enumerate(fields) if field.kind in PLACES]
    if len(columns) < 2:
        return pl.lit(0.0)
    agreeing = [pl.col(column).clip(lower_bound=0) for column in columns]
    differing = [pl.col(column).clip(upper_bound=0) for column in columns]
    surplus = pl.sum_horizontal(agreeing) - pl.max_horizontal(agreeing)
    shortfall = pl.sum_horizontal(differing) - pl.min_horizontal(differing)
    return (1 - REPEATED) * (surplus + shortfall)


def _share(evidence: np.ndarray, prior: float, total: float) -> float:
    """How likely two random records are one party: the share of pairs that the model itself takes to be."""
    share = prior
    for _ in range(ROUNDS):
        sure = 1 / (1 + np.exp2(-np.clip(evidence + _bits(share), -60, 60)))
        share = min(max(float(sure.sum()) / total, 1 / total / 2), 0.5)
    return share


def _levels(linker: Linker) -> dict[str, list[Level]]:
    return {
        known.output_column_name: [
            Level(level.label_for_charts, level._match_weight)
            for level in known.comparison_levels
            if not level.is_null_level
        ]
        for known in linker._settings_obj.comparisons
    }


def _possible(frames: Sequence[pl.DataFrame]) -> float:
    """How many pairs there are at all."""
    if len(frames) == 1:
        return frames[0].height * (frames[0].height - 1) / 2
    return float(frames[0].height * frames[1].height)


def _nothing(fields: Sequence[Field]) -> pl.DataFrame:
    parts = {f"mw_{column_of(field, number)}": pl.Float64 for number, field in enumerate(fields)}
    return pl.DataFrame(
        schema={"left": pl.Int64, "right": pl.Int64, **parts, "weight": pl.Float64, "probability": pl.Float64}
    )


def _bits(probability: float) -> float:
    return math.log2(probability / (1 - probability))
