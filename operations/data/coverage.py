"""Coverage: how each county's file of each type stands in a year. Three queries, however much there is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from operations.models import Operation, Step
from workers import counties
from workers.counties import COUNTIES, County, UnknownCounty
from workers.florida_data.tables import TABLES
from workers.warehouse.models import Release, ReleaseState

QUESTIONS = 500
LABEL = re.compile(r"(.+) ([A-Z]{3,8}) (\d{4})?([SPF])?")
# A state's sign and words. Signs differ in form, so that nobody needs to see colours.
STATES = {
    "loaded": ("●", "loaded"),
    "held": ("?", "held: a person is asked about it"),
    "loading": ("↻", "its rows are arriving"),
    "withdrawn": ("✕", "withdrawn by a person"),
    "stale": ("◑", "stale: only an earlier year is loaded"),
    "missing": ("○", "missing"),
}


@dataclass(frozen=True)
class Cell:
    """A county's file: its state, in few words, the release that is meant, and the open question about it, if any."""

    file_type: str
    state: str
    detail: str
    release: Release | None
    escalation: str

    @property
    def sign(self) -> str:
        return STATES[self.state][0]

    @property
    def words(self) -> str:
        return STATES[self.state][1]


@dataclass(frozen=True)
class Coverage:
    """The picture of a year: a row per county, a count per type and state, and the years that there are."""

    year: int | None
    years: list[int]
    types: list[str]
    rows: list[tuple[County, list[Cell]]]
    counts: list[tuple[str, str, str, list[int]]]  # of each state: its name, sign, words, and a number per type


Questions = dict[tuple[int, str], list[tuple[int | None, str]]]


def coverage(year: int | None = None) -> Coverage:
    """How all counties stand in ``year``; without one, in the newest that has a release."""
    releases = list(Release.objects.defer("quarantine", "quarantine_reasons").order_by("year", "pk"))
    years = sorted({release.year for release in releases}, reverse=True)
    wanted = year or next(iter(years), None)
    types = list(dict.fromkeys([*TABLES, *(release.file_type for release in releases)]))
    by_file: dict[tuple[int, str], list[Release]] = {}
    for release in releases:
        by_file.setdefault((release.county_no, release.file_type), []).append(release)
    asked = open_questions()
    rows = [
        (
            county,
            [
                _cell(kind, by_file.get((county.no, kind), []), asked.get((county.no, kind), []), wanted)
                for kind in types
            ],
        )
        for county in COUNTIES
    ]
    counts = [
        (state, *STATES[state], [sum(cells[place].state == state for _, cells in rows) for place in range(len(types))])
        for state in STATES
    ]
    return Coverage(wanted, years, types, rows, counts)


def open_questions() -> Questions:
    """The open questions about a county's file, by county and type: the year, if told, and the escalation.

    Which file a step is about, its label tells, such as "Broward SDF 2025P".
    """
    asked = Operation.objects.filter(escalations__status="open").order_by("-escalations__created_at")
    concerned = {
        (operation, step): escalation
        for operation, escalation, steps in asked.values_list("pk", "escalations__pk", "escalations__steps")[:QUESTIONS]
        for step in steps
    }
    labelled = Step.objects.filter(
        operation__in={operation for operation, _ in concerned}, step_id__in={step for _, step in concerned}
    )
    found: Questions = {}
    for operation, step, label in labelled.exclude(label="").values_list("operation_id", "step_id", "label"):
        if (operation, step) in concerned and (told := _told(label)):
            county_no, kind, year = told
            found.setdefault((county_no, kind), []).append((year, concerned[operation, step]))
    return found


def _told(label: str) -> tuple[int, str, int | None] | None:
    """The county, type and year that a label tells; None if it is no file's."""
    match = LABEL.fullmatch(label)
    if match is None:
        return None
    try:
        county = counties.find(match[1])
    except UnknownCounty:
        return None
    return county.no, match[2], int(match[3]) if match[3] else None


def _cell(kind: str, releases: list[Release], asked: Iterable[tuple[int | None, str]], year: int | None) -> Cell:
    """``releases`` are those of the file in all years, the oldest first."""
    question = next((escalation for its_year, escalation in asked if year is None or its_year in (None, year)), "")
    state, release = _state(releases, year)
    if question:
        state = "held"
    detail = "" if release is None else release.stage if release.year == year else f"{release.year}"
    return Cell(kind, state, detail, release, question)


def _state(releases: list[Release], year: int | None) -> tuple[str, Release | None]:
    of_the_year = [release for release in releases if release.year == year]
    for held, state in (
        (ReleaseState.LOADED, "loaded"),
        (ReleaseState.STAGED, "loading"),
        (ReleaseState.WITHDRAWN, "withdrawn"),
    ):
        if found := [release for release in of_the_year if release.state == held]:
            return state, found[-1]
    earlier = [one for one in releases if year and one.year < year and one.state == ReleaseState.LOADED]
    return ("stale", earlier[-1]) if earlier else ("missing", None)
