"""How well missing use codes are told, on real sales that no rule or threshold was made from.

    python -m benchmarks.use_codes [--zip broward_sdf_2025.zip] [--json]

Parcels are split by a hash of PARCEL_ID, a quarter for the test. Beside the model stand the most common code, and the
nearest neighbour (one, standardized, by the same numbers). Columns that follow from the code (ATV_STRT, GRP_NO) are
left out for all. Where the file is absent, it says so and measures nothing.
"""

import argparse
import hashlib
import json
import os
import time
import zipfile
from pathlib import Path

import django
import numpy as np
import polars as pl
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
django.setup()

from workers.ai_ml import features, model  # noqa: E402 - Django's models need its settings

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "dor" / "broward_sdf_2025.zip"
TEST_SHARE = 0.25


def main() -> None:
    """Split, train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, default=REAL)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.zip.exists():
        figures = {"skipped": f"there is no {arguments.zip}"}
    else:
        figures = measure(read(arguments.zip))
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))


def read(path: Path) -> pl.DataFrame:
    """A row per parcel of the file in the zip."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read(archive.namelist()[0])
    rows = pl.read_csv(content, infer_schema=False, encoding="utf8-lossy").rename(str.lower)
    wanted = [name for name in rows.columns if name in features.columns("SDF")]
    return features.parcels(rows.select(wanted), "SDF")


def measure(parcels: pl.DataFrame) -> dict:
    """The figures of the model and of the baselines, on the same parcels."""
    is_test = parcels["parcel_id"].map_elements(in_test, return_dtype=pl.Boolean)
    taught, tested = parcels.filter(~is_test), parcels.filter(is_test)
    assert not {*taught["parcel_id"]} & {*tested["parcel_id"]}
    began = time.perf_counter()
    trained = model.train(model.sample(taught), "SDF")
    assert trained
    seconds = time.perf_counter() - began
    truth, labels = (frame[features.LABEL].to_numpy().astype(str) for frame in (tested, taught))
    predicted = trained.predict(tested)
    codes, counts = np.unique(labels, return_counts=True)
    neighbor = make_pipeline(StandardScaler(), KNeighborsClassifier(1))
    neighbor.fit(trained.encoder.encode(taught), labels)
    guessed = neighbor.predict(trained.encoder.encode(tested))
    return {
        "parcels_taught": taught.height,
        "parcels_learned_from": model.sample(taught).height,
        "parcels_tested": tested.height,
        "use_codes": len(codes),
        "columns": trained.encoder.names,
        "training_seconds": round(seconds, 1),
        "accuracy": {
            "most common code": round(float((truth == codes[counts.argmax()]).mean()), 4),
            "nearest neighbor": round(float((truth == guessed).mean()), 4),
            "model": round(float((truth == predicted.codes[:, 0]).mean()), 4),
        },
        "model": model.measure(predicted.probability, predicted.codes[:, 0] == truth, truth),
        "told_before_the_test": trained.metrics,
    }


def in_test(parcel_id: str) -> bool:
    """Whether the parcel is one of the test's: by its id alone, so that all its sales are on one side."""
    return int(hashlib.sha256(parcel_id.encode()).hexdigest()[:8], 16) / 2**32 < TEST_SHARE


def table(figures: dict) -> str:
    """The figures as lines."""
    if "skipped" in figures:
        return figures["skipped"]
    lines = [f"{figures['parcels_learned_from']:,} parcels learned from, {figures['parcels_tested']:,} tested"]
    lines += [f"{name:18} {value:.2%} right" for name, value in figures["accuracy"].items()]
    lines.append(f"expected calibration error {figures['model']['expected_calibration_error']:.4f}")
    lines += [
        f"at least {point['threshold']:.2f}: {point['coverage']:.2%} get a code, {point['accuracy'] or 0:.2%} right"
        for point in figures["model"]["curve"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
