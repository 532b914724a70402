"""Rolls for tests: generated ones, stored as `download` stores them, and processed by the real action."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from workers import counties, datasets
from workers.contract import Call
from workers.florida_data.layouts import FileType, Stage, member_name, parse_member
from workers.florida_data.process import process
from workers.florida_data.results import Download, Processed
from workers.florida_data.sample.rolls import Roll, csv_chunks

UNION = counties.find("Union")


def make_csv(file_type: FileType = "SDF", *, parcels: int = 120, year: int = 2025, **fields: Any) -> bytes:
    """A whole roll file of Union County; ``fields`` are those of `Roll`."""
    return b"".join(csv_chunks(Roll(UNION, parcels, year, **fields), file_type))


def make_download(
    content: bytes,
    file_type: FileType = "SDF",
    *,
    stage: Stage = "P",
    submission: int = 1,
    year: int = 2025,
    county: counties.County = UNION,
) -> Download:
    """The file with this content, stored as a zip, and what `download` would answer."""
    member = parse_member(member_name(file_type, county.no, stage, year, submission))
    digest = hashlib.sha256(content).hexdigest()
    with datasets.workspace() as folder:
        local = folder / "roll.zip"
        with zipfile.ZipFile(local, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member.name, content)
        size, zip_digest = local.stat().st_size, datasets.sha256(local)
        url = datasets.publish(local, f"downloads/{digest}.zip")
    return {
        "label": f"{county.name} {file_type} {year}{stage}",
        "county_no": county.no,
        "county": county.name,
        "file_type": file_type,
        "year": year,
        "stage": stage,
        "submission": submission,
        "member": member.name,
        "release": member.release(digest),
        "archive": {"url": url, "bytes": size, "sha256": zip_digest, "etag": ""},
        "csv": {"url": None, "bytes": len(content), "sha256": digest},
        "unchanged": False,
    }


def make_processed(content: bytes | None = None, file_type: FileType = "SDF", **release: Any) -> Processed:
    """A processed roll of Union County; ``release`` as `make_download` takes it."""
    if content is None:
        content = make_csv(file_type, seed=release.pop("seed", 1), stage=release.get("stage", "P"))
    return process.run(Call(), {"download": make_download(content, file_type, **release), "level": "permissive"})


def make_dataset(path: Path | pl.DataFrame, name: str) -> datasets.Dataset:
    """A frame as a dataset of its own."""
    frame = path if isinstance(path, pl.DataFrame) else pl.read_parquet(path)
    return datasets.write(frame, f"tests/{name}.parquet")
