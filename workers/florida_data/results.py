"""What the actions answer, and hand to each other: small JSON objects, large data only as references."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.datasets import Dataset
from workers.florida_data.layouts import FileType, Stage

# What a source offers, against what is loaded of the same county, type and year: nothing is; another file of the same
# stage; one of an earlier stage; this one; a newer one; this one was, until a person withdrew it; it cannot be told.
Change = Literal["new", "changed", "superseded", "unchanged", "outdated", "withdrawn", "unknown"]


class SourceFile(TypedDict):
    """A file that a source offers. What its listing does not tell is null until the file is downloaded."""

    label: str  # "Broward SDF 2025P"
    county_no: int
    county: str
    file_type: FileType
    year: int | None
    stage: Stage | None
    name: str
    url: str
    bytes: int | None
    etag: str
    modified: str
    source: str
    change: NotRequired[Change]
    reason: NotRequired[str]  # in words


class Missing(TypedDict):
    """A county and file type that was asked for and that the source does not have."""

    county_no: int
    county: str
    file_type: FileType
    reason: str


class Discovery(TypedDict):
    """What a source offers of what was asked for."""

    label: str
    source: str
    files: list[SourceFile]
    missing: list[Missing]
    unpaired: list[Missing]  # NAV files that a county publishes without the other one of the pair
    unrecognised: list[str]  # files whose names tell no county or type
    changes: dict[Change, int]
    words: str


class Archive(TypedDict):
    """The stored file, as the source had it."""

    url: str
    bytes: int
    sha256: str
    etag: str


class Csv(TypedDict):
    """The CSV inside the stored file; ``url`` is null where it is a member of a zip."""

    url: str | None
    bytes: int
    sha256: str


class Download(TypedDict):
    """A stored roll file and the release that it is."""

    label: str
    county_no: int
    county: str
    file_type: FileType
    year: int
    stage: Stage
    submission: int
    member: str
    release: str
    archive: Archive
    csv: Csv
    unchanged: bool


class Processed(TypedDict):
    """A roll file as typed Parquet, and what was set aside: rows_read = rows_processed + rows_quarantined.

    ``doubts`` counts what was odd about rows that were not set aside for it.
    """

    label: str
    county_no: int
    county: str
    file_type: FileType
    year: int
    stage: Stage
    submission: int
    release: str
    rows_read: int
    rows_processed: int
    rows_quarantined: int
    quarantine_reasons: dict[str, int]
    doubts: NotRequired[dict[str, int]]
    dataset: Dataset
    quarantine: Dataset | None
