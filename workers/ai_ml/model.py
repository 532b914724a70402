"""Learns use codes from parcels that have one: a random forest whose probabilities are calibrated on unseen parcels.

Each tree leaves out about a third of the parcels. What the trees say of those that they left out (out of bag) is what
the model would say of new parcels: calibration, the metrics and doubts about present codes rest on that alone.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.ai_ml.features import KEY, LABEL, PLACE, Encoder, Roll

if TYPE_CHECKING:  # scikit-learn is loaded where it is used: every process of Concord would start later for it
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.isotonic import IsotonicRegression

Array = np.ndarray[Any, np.dtype[Any]]

TREES = 100
SEED = 7
MOST_TRAINED = 60_000  # parcels; more cost minutes and improve little
FEWEST = 200  # parcels with a code: below that a probability cannot be calibrated
CANDIDATES = 3
BINS = 15
CURVE = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


class Coverage(TypedDict):
    """Above a threshold of probability: the share of parcels that get a code, and the share of right ones in them."""

    threshold: float
    coverage: float
    accuracy: float | None


class Metrics(TypedDict):
    """How a model does on parcels that it did not see. ``majority``: what always naming the most common code gives."""

    parcels: int
    accuracy: float
    majority: float
    expected_calibration_error: float
    curve: list[Coverage]


@dataclass(frozen=True)
class Predictions:
    """For each parcel its candidates with the shares of votes, most first, and how probable the first is right."""

    codes: Array
    votes: Array
    probability: Array


@dataclass(frozen=True)
class Model:
    """A trained model. ``unseen``: what it says of its own training parcels, each by trees that left it out."""

    version: str
    forest: "RandomForestClassifier"
    encoder: Encoder
    calibration: "IsotonicRegression"
    metrics: Metrics
    unseen: Predictions

    def predict(self, parcels: pl.DataFrame) -> Predictions:
        """The use codes of other parcels."""
        if parcels.is_empty():
            return Predictions(np.empty((0, 1), str), np.empty((0, 1)), np.empty(0))
        votes = self.forest.predict_proba(self.encoder.encode(parcels))
        return _predictions(votes, self.forest.classes_, self.calibration)


def train(parcels: pl.DataFrame, roll: Roll) -> Model | None:
    """Learn from ``parcels``, which all have a code and are in their order. None if they are too few or all alike.

    The same parcels give the same model. The version names them, the columns and the library.
    """
    from sklearn.ensemble import RandomForestClassifier

    labels = parcels[LABEL].to_numpy().astype(str)
    if parcels.height < FEWEST or len(np.unique(labels)) < 2:
        return None
    encoder = Encoder.of(parcels, roll)
    forest = RandomForestClassifier(TREES, max_features=0.4, oob_score=True, random_state=SEED, n_jobs=2)
    forest.fit(encoder.encode(parcels), labels)
    votes = forest.oob_decision_function_
    top, right = votes.max(axis=1), forest.classes_[votes.argmax(axis=1)] == labels
    calibration = _calibrate(top, right)
    return Model(
        version=_version(parcels, encoder, roll),
        forest=forest,
        encoder=encoder,
        calibration=calibration,
        metrics=_cross_measured(top, right, labels),
        unseen=_predictions(votes, forest.classes_, calibration),
    )


def sample(parcels: pl.DataFrame, most: int = MOST_TRAINED) -> pl.DataFrame:
    """At most ``most`` of the parcels, always the same ones, in their order."""
    if parcels.height <= most:
        return parcels
    return parcels.sample(most, seed=SEED).sort(PLACE)


def measure(probability: Array, right: Array, labels: Array) -> Metrics:
    """The metrics of predictions with these probabilities, of which ``right`` says which are right."""
    return {
        "parcels": len(right),
        "accuracy": round(float(right.mean()), 4),
        "majority": round(float(np.unique(labels, return_counts=True)[1].max() / len(labels)), 4),
        "expected_calibration_error": round(calibration_error(probability, right), 4),
        "curve": [_coverage(threshold, probability, right) for threshold in CURVE],
    }


def calibration_error(probability: Array, right: Array) -> float:
    """The mean distance between probability and share of right ones, over bins of equal width by their sizes."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    distances = (np.abs(probability[bins == one].sum() - right[bins == one].sum()) for one in np.unique(bins))
    return float(sum(distances) / len(right))


def _coverage(threshold: float, probability: Array, right: Array) -> Coverage:
    sure = probability >= threshold
    return {
        "threshold": threshold,
        "coverage": round(float(sure.mean()), 4),
        "accuracy": round(float(right[sure].mean()), 4) if sure.any() else None,
    }


def _calibrate(top: Array, right: Array) -> "IsotonicRegression":
    """From the share of votes to the probability. No amount of parcels makes it certain."""
    from sklearn.isotonic import IsotonicRegression

    most = 1 - 1 / (len(right) + 2)
    return IsotonicRegression(y_min=0, y_max=most, out_of_bounds="clip").fit(top, right)


def _cross_measured(top: Array, right: Array, labels: Array) -> Metrics:
    """Measured with a calibration that did not see the parcels that it is measured on: either half by the other."""
    first = np.random.default_rng(SEED).permutation(len(top)) % 2 == 0
    probability = np.empty(len(top))
    for half in (first, ~first):
        probability[half] = _calibrate(top[~half], right[~half]).predict(top[half])
    return measure(probability, right, labels)


def _predictions(votes: Array, classes: Array, calibration: "IsotonicRegression") -> Predictions:
    best = np.argsort(-votes, axis=1, kind="stable")[:, :CANDIDATES]
    shares = np.take_along_axis(votes, best, axis=1)
    return Predictions(classes[best], shares, calibration.predict(shares[:, 0]))


def _version(parcels: pl.DataFrame, encoder: Encoder, roll: Roll) -> str:
    read = [name for name in (*KEY, LABEL, *encoder.known, *encoder.numbers) if name in parcels.columns]
    digest = hashlib.sha256(f"{roll} {encoder.names} {TREES} {SEED} {version('scikit-learn')}".encode())
    digest.update(np.ascontiguousarray(parcels.select(read).hash_rows(SEED).to_numpy()).tobytes())
    return f"use-codes-{digest.hexdigest()[:12]}"
