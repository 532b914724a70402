"""sync_entities: brings the warehouse up to date with the Division's files."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from workers.contract import Call, action
from workers.sunbiz.layouts import DATASETS, DatasetName
from workers.sunbiz.loading import Level
from workers.sunbiz.results import Synced
from workers.sunbiz.syncing import Asked, Sync
from workers.warehouse.reach import reachable

FilingType = Literal["DOMP", "DOMNP", "FORP", "FORNP", "DOMLP", "FORLP", "FLAL", "FORL", "NPREG", "TRUST", "AGENT"]


@action(expected_seconds=600)
def sync_entities(
    call: Call,
    source: Annotated[
        str, Field(description="A configured source's name, or a URL or path beneath one; empty means the default.")
    ] = "",
    datasets: Annotated[
        list[DatasetName], Field(min_length=1, description="Which records: entities, their events, fictitious names.")
    ] = list(DATASETS),  # noqa: B006 - read only
    series: Annotated[
        list[Literal["quarterly", "daily"]],
        Field(min_length=1, description="Snapshots of all records, a day's, or both."),
    ] = ["quarterly", "daily"],  # noqa: B006 - read only
    filing_types: Annotated[
        list[FilingType], Field(description="Keep only entities of these types; empty means all.")
    ] = [],  # noqa: B006 - read only
    since: Annotated[date | None, Field(description="Daily files from this day on.")] = None,
    until: Annotated[date | None, Field(description="Daily files up to this day.")] = None,
    level: Annotated[
        Level,
        Field(
            description="How many records of a file may be unusable before the file fails: none (strict), up to 5 % "
            "(standard), or any number as long as some are good (permissive)."
        ),
    ] = "standard",
    dry_run: Annotated[bool, Field(description="Read and check all files, and load nothing.")] = False,
) -> Synced:
    """Load the Division of Corporations' entities, officers, events and fictitious names, each file once.

    A file that was loaded is not read again. Whatever the order in which files come, the newest record of an entity
    stays; a daily file wins over a quarterly one of its day, and an entity that a file lacks is not removed. Daily
    files from well before the newest quarterly one are passed over unless ``since`` asks for them.
    """
    asked = Asked(source, datasets, series, ",".join(sorted(set(filing_types))), since, until, level, dry_run)
    with reachable():
        return Sync(call, asked).run()
