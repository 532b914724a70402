"""What the actions answer: small JSON objects, large data only as references."""

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.datasets import Dataset
from workers.sunbiz.layouts import DatasetName


class FileSynced(TypedDict):
    """What became of a file's records: rows_read = filtered + quarantined + inserted + replaced + outdated + repeated.

    ``rows_outdated`` were older than what is there, ``rows_repeated`` come again in the same file.
    """

    name: str
    member: str
    dataset: DatasetName
    series: str
    as_of: str
    already_loaded: bool
    rows_read: int
    rows_filtered: int
    rows_quarantined: int
    rows_inserted: int
    rows_replaced: int
    rows_outdated: int
    rows_repeated: int
    changed: dict[str, int]
    quarantine_reasons: dict[str, int]
    doubts: dict[str, int]
    quarantine: Dataset | None


class Failed(TypedDict):
    """A file that could not be loaded, and why; nothing of it was."""

    name: str
    member: str
    error: str


class Synced(TypedDict):
    """What a sync brought. ``files`` are the newest of those that were read now; ``files_read`` counts them all, as
    ``files_failed`` does those of which ``failed`` has the first."""

    label: str
    source: str
    dry_run: bool
    filing_types: list[str]
    files_found: int
    files_read: int
    files_unchanged: int  # loaded before, and not read again
    files_superseded: int  # daily files from before the newest quarterly one
    rows_read: int
    rows_filtered: int
    rows_quarantined: int
    rows_inserted: int
    rows_replaced: int
    rows_outdated: int
    rows_repeated: int
    names_changed: int
    statuses_changed: int
    quarantine_reasons: dict[str, int]
    doubts: dict[str, int]
    files: list[FileSynced]
    files_failed: int
    failed: list[Failed]


class SeriesSeen(TypedDict):
    """What was loaded of one kind of record: its files, the newest days, and the days without a file."""

    dataset: DatasetName
    files: int
    quarterly_as_of: str | None
    daily_from: str | None
    daily_to: str | None
    missing_days: list[str]  # working days within the series that have no file
    missing_days_count: int
    at_source: list[str]  # of those, the days that the source has
    days_behind: int  # working days since the newest file


class StatusChange(TypedDict):
    """How many entities went from one status to another."""

    old: str | None
    new: str | None
    entities: int


class ChangedEntity(TypedDict):
    """An entity whose status changed, by which file."""

    document_number: str
    name: str | None
    filing_type: str | None
    old: str | None
    new: str | None
    as_of: str


class Monitored(TypedDict):
    """How complete and fresh the loaded files are, and which entities changed their status."""

    label: str
    today: str
    source: str
    source_listed: bool
    source_error: str
    series: list[SeriesSeen]
    gaps: int
    files_unfinished: list[str]
    status_changes: list[StatusChange]
    status_changes_count: int
    changed_entities: list[ChangedEntity]
    name_changes_count: int


class Share(TypedDict):
    """One value of a breakdown, and how many have it."""

    value: str
    count: int


class TypeShare(TypedDict):
    """Entities of one filing type, by status."""

    filing_type: str
    active: int
    inactive: int


class Metrics(TypedDict):
    """The figures of a dashboard. What nothing was loaded of is zero or empty, and ``empty`` says so."""

    label: str
    as_of: str | None
    empty: bool
    entities: int
    active: int
    inactive: int
    active_share: float | None
    officers: int
    events: int
    fictitious_names: int
    by_filing_type: list[TypeShare]
    new_by_month: list[Share]
    top_cities: list[Share]
    top_agents: list[Share]
    formed_in: list[Share]
    completeness: dict[str, float]
    fictitious_by_status: list[Share]
    files_loaded: int
    rows_quarantined: int
