"""verify: count a release's rows where they came from, and hold that against what became of them."""

import csv
import io
import itertools
from collections import deque
from collections.abc import Iterable
from typing import IO, Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call, InvalidParameters, action
from workers.florida_data.archives import open_csv
from workers.florida_data.headers import read_beginning
from workers.florida_data.layouts import layout, parse_member
from workers.florida_data.results import Download, Processed
from workers.florida_data.upload import Uploaded
from workers.warehouse.reach import reachable
from workers.warehouse.releases import rows_loaded

ROWS_PER_REPORT = 50_000
# A quoted cell that holds more line ends than this is an unclosed quote.
MOST_LINES = 20


class Verified(TypedDict):
    """The counts of a release on its way, whether they agree, and in words what they say."""

    label: str
    release: str
    rows_source: int
    rows_processed: int
    rows_quarantined: int
    rows_loaded: int
    agree: bool
    detail: str


@action(read_only=True, expected_seconds=10)
def verify(
    call: Call,
    downloaded: Annotated[Download, Field(description="the roll as `download` answered it")],
    processed: Annotated[Processed, Field(description="the same roll as `process` answered it")],
    uploaded: Annotated[Uploaded, Field(description="the same roll as `upload` answered it")],
) -> Verified:
    """Count the rows of a release in its source file and in the warehouse, and say whether none was lost or doubled.

    The source is read again and counted by the rules of RFC 4180, apart from how `process` read it.
    """
    release = downloaded["release"]
    for name, result in (("processed", processed), ("uploaded", uploaded)):
        if result["release"] != release:
            raise InvalidParameters(f"{name}: it is of {result['release']}, not of {release}", field=name)
    with open_csv(downloaded) as lines:
        source = count_records(call, lines, headed=_is_headed(lines, downloaded))
    with reachable():
        loaded = rows_loaded(release, processed["dataset"]["sha256"])
    return _verified(processed, source, loaded)


def _is_headed(lines: IO[bytes], downloaded: Download) -> bool:
    """Whether the file has a header; afterwards it stands at its beginning."""
    member = parse_member(downloaded["member"])
    headed = read_beginning(lines, layout(member.file_type, member.year, member.stage), member.name) is not None
    lines.seek(0)
    return headed


def count_records(call: Call, lines: IO[bytes], *, headed: bool = True) -> int:
    """The rows of a CSV file beneath its header; blank lines are none. A quoted cell may go on over several lines.

    A line whose quotes do not pair up, and do not come to an end with the right number of cells, is a row by itself.
    """
    width = lines.readline().count(b",") + 1
    if not headed:
        lines.seek(0)
    records = 0
    ahead: deque[bytes] = deque()
    while line := ahead.popleft() if ahead else lines.readline():
        if line.count(b'"') % 2:
            ahead.extend(itertools.islice(lines, MOST_LINES - 1 - len(ahead)))
            for _ in range(_lines_that_follow(line, ahead, width)):
                ahead.popleft()
        records += line not in (b"\r\n", b"\n")
        if records % ROWS_PER_REPORT == 0:
            call.progress(records, None, "counting the rows of the source")
    return records


def _lines_that_follow(line: bytes, ahead: Iterable[bytes], width: int) -> int:
    """How many of the lines ``ahead`` belong to the row that ``line`` begins."""
    for number, following in enumerate(ahead, 1):
        line += following
        if following.count(b'"') % 2 and _is_row(line, width):
            return number
    return 0


def _is_row(content: bytes, width: int) -> bool:
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError):
        return False
    return len(rows) == 1 and len(rows[0]) == width


def _verified(processed: Processed, source: int, loaded: int) -> Verified:
    kept, quarantined = processed["rows_processed"], processed["rows_quarantined"]
    faults = []
    if source != kept + quarantined:
        faults.append(f"the source has {source} rows, but {kept} were processed and {quarantined} quarantined")
    if loaded != kept:
        faults.append(f"{kept} rows were processed, but {loaded} are loaded")
    agreed = f"{source} rows in the source: {kept} loaded, {quarantined} quarantined"
    return {
        "label": processed["label"],
        "release": processed["release"],
        "rows_source": source,
        "rows_processed": kept,
        "rows_quarantined": quarantined,
        "rows_loaded": loaded,
        "agree": not faults,
        "detail": "; ".join(faults) or agreed,
    }
