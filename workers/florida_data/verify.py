"""verify: count a release's rows where they came from, and hold that against what became of them."""

from typing import IO, Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call, InvalidParameters, action
from workers.florida_data.archives import open_csv
from workers.florida_data.counting import count_records
from workers.florida_data.headers import read_beginning
from workers.florida_data.layouts import layout, parse_member
from workers.florida_data.results import Download, Processed
from workers.florida_data.upload import Uploaded
from workers.warehouse.models import Release
from workers.warehouse.reach import reachable
from workers.warehouse.releases import count
from workers.warehouse.sales import Fit, fit


class Verified(TypedDict):
    """The counts of a release on its way, whether they agree, and in words what they say.

    ``sales_without_parcel``: of parcels or sales, how many of the county's sales are of a parcel that is not loaded;
    null where only one of the two is loaded, or they are of two submissions. ``unknown_parcels`` has the first of
    them, unless rows of the parcels were set aside, which these may be.
    """

    label: str
    release: str
    rows_source: int
    rows_processed: int
    rows_quarantined: int
    rows_loaded: int
    agree: bool
    sales_without_parcel: int | None
    unknown_parcels: list[str]
    detail: str


@action(read_only=True, expected_seconds=10)
def verify(
    call: Call,
    downloaded: Annotated[Download, Field(description="the roll as `download` answered it")],
    processed: Annotated[Processed, Field(description="the same roll as `process` answered it")],
    uploaded: Annotated[Uploaded, Field(description="the same roll as `upload` answered it")],
) -> Verified:
    """Count the rows of a release in its source file and in the warehouse, and say whether none was lost or doubled.

    Of sales and parcels, say too whether the parcel of each sale is loaded, once both are.

    The source is read again and counted by the rules of RFC 4180, apart from how `process` read it.
    """
    release = downloaded["release"]
    for name, result in (("processed", processed), ("uploaded", uploaded)):
        if result["release"] != release:
            raise InvalidParameters(f"{name}: it is of {result['release']}, not of {release}", field=name)
    with open_csv(downloaded) as lines:
        source = count_records(call, lines, headed=_is_headed(lines, downloaded))
    with reachable():
        found = Release.objects.filter(release=release, dataset_sha256=processed["dataset"]["sha256"]).first()
        loaded = count(found) if found else 0
        fitting = fit(found) if found else None
    return _verified(processed, source, loaded, fitting)


def _is_headed(lines: IO[bytes], downloaded: Download) -> bool:
    """Whether the file has a header; afterwards it stands at its beginning."""
    member = parse_member(downloaded["member"])
    headed = read_beginning(lines, layout(member.file_type, member.year, member.stage), member.name) is not None
    lines.seek(0)
    return headed


def _verified(processed: Processed, source: int, loaded: int, fitting: Fit | None) -> Verified:
    kept, quarantined = processed["rows_processed"], processed["rows_quarantined"]
    faults = []
    if source != kept + quarantined:
        faults.append(f"the source has {source} rows, but {kept} were processed and {quarantined} quarantined")
    if loaded != kept:
        faults.append(f"{kept} rows were processed, but {loaded} are loaded")
    agreed = f"{source} rows in the source: {kept} loaded, {quarantined} quarantined"
    lost = f"; the parcel of {fitting.unknown} sales is not in {fitting.parcels}" if fitting and fitting.unknown else ""
    return {
        "label": processed["label"],
        "release": processed["release"],
        "rows_source": source,
        "rows_processed": kept,
        "rows_quarantined": quarantined,
        "rows_loaded": loaded,
        "agree": not faults,
        "sales_without_parcel": fitting.unknown if fitting else None,
        "unknown_parcels": fitting.examples if fitting and fitting.complete else [],
        "detail": ("; ".join(faults) or agreed) + lost,
    }
