"""upload: load a processed roll into the warehouse, where its rows become visible together."""

from typing import Annotated

from django.db import DataError, IntegrityError
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import ActionError, Call, action
from workers.florida_data.results import Processed
from workers.florida_data.tables import TABLES
from workers.warehouse.loading import Source, load
from workers.warehouse.reach import reachable

UNIQUE_VIOLATION = "23505"


class Uploaded(TypedDict):
    """A release in the warehouse: its table, its rows there, and the releases that it took the place of."""

    label: str
    release: str
    table: str
    rows_uploaded: int
    already_loaded: bool
    superseded: list[str]


@action(expected_seconds=60)
def upload(
    call: Call, processed: Annotated[Processed, Field(description="a roll as `process` answered it")]
) -> Uploaded:
    """Load a processed roll into the warehouse, all of its rows or none.

    The same release again changes nothing. A newer release of the same county and year (final after preliminary,
    then by submission) takes the place of the older one at the same moment. A release that a person withdrew is not
    loaded again: the error says who, when and why.
    """
    table = TABLES[processed["file_type"]].name
    with datasets.scan(processed["dataset"], "processed.dataset") as rows, reachable():
        try:
            loaded = load(call, table, _source(processed), rows)
        except (IntegrityError, DataError) as error:
            # Without its cause, which quotes the row at fault: that would end up in a log.
            raise ActionError(f"{processed['release']}: {table!r} does not take its rows: {_reason(error)}") from None
    return {
        "label": processed["label"],
        "release": processed["release"],
        "table": table,
        "rows_uploaded": loaded.release.rows,
        "already_loaded": loaded.already_loaded,
        "superseded": loaded.superseded,
    }


def _source(processed: Processed) -> Source:
    return Source(
        release=processed["release"],
        file_type=processed["file_type"],
        county_no=processed["county_no"],
        year=processed["year"],
        stage=processed["stage"],
        submission=processed["submission"],
        dataset_sha256=processed["dataset"]["sha256"],
        rows=processed["rows_processed"],
        rows_quarantined=processed["rows_quarantined"],
        quarantine=processed["quarantine"],
        quarantine_reasons=processed["quarantine_reasons"],
    )


def _reason(error: Exception) -> str:
    """What the database says, without the row that it says it of: that may hold a person's name."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return str(error)
    detail = diagnosis.message_detail if diagnosis.sqlstate == UNIQUE_VIOLATION else ""
    return f"{diagnosis.message_primary} {detail or ''}".strip()
