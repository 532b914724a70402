"""How good what was loaded is, and how fast it went, as the releases of the warehouse tell it. Pure.

Counties differ so much that each is held against its own past, and against nothing else.
"""

import statistics
from collections.abc import Sequence

from workers import counties
from workers.florida_data.checkups import Checkup, Finding, Status, by_file, worst
from workers.florida_data.names import label
from workers.warehouse.models import Release, ReleaseState

# Rows of a release against the last one, as shares. The number of sales follows the market, that of parcels does not.
ROWS_MAY_CHANGE = {"NAL": 0.03, "NAP": 0.05, "SDF": 0.25}
USUAL_CHANGE = 0.05
FAR_BEYOND = 4  # times what is allowed is critical

# What is quarantined beyond the county's usual share; a few rows more are nothing to look at.
QUARANTINED_MORE = {"warn": 0.002, "critical": 0.05}

ENOUGH_ROWS = 10_000  # a smaller load takes as long as its overhead does
RECENT = 10  # loads that are held against those before
SLOWER_THAN_USUAL = 0.5
MOST_SLOW = 5


def quality(releases: Sequence[Release]) -> Checkup:
    """The current release of each county and type against its earlier ones: the quarantined share, and the rows."""
    current = [(file, at) for file in by_file(releases) for at in _newest_loaded(file)]
    findings = [finding for file, at in current for finding in _compared(file[at], file[:at])]
    comparable = sum(at > 0 for _, at in current)
    rows, quarantined = (sum(getattr(file[at], name) for file, at in current) for name in ("rows", "rows_quarantined"))
    bad = [finding for finding in findings if finding["status"] != "ok"]
    return {
        "check": "quality",
        "status": worst(finding["status"] for finding in bad) if comparable else "unknown",
        "figures": {
            "releases": len(current),
            "comparable": comparable,
            "rows": rows,
            "rows_quarantined": quarantined,
            "quarantined_share": round(_share(quarantined, rows), 6),
        },
        "findings": bad,
        "words": _quality_words(len(current), comparable, len({finding["label"] for finding in bad})),
    }


def performance(releases: Sequence[Release]) -> Checkup:
    """Rows a second of the loads that are on record, from staging to the last row; the slowest large ones by name."""
    timed = sorted((one for one in releases if one.loaded_at and one.rows), key=lambda one: one.created_at)
    large = [one for one in timed if one.rows >= ENOUGH_ROWS]
    rates = [_rate(one) for one in large]
    rows, seconds = sum(one.rows for one in timed), sum(_seconds(one) for one in timed)
    usual = statistics.median(rates[:-RECENT]) if rates[:-RECENT] else None
    recent = statistics.median(rates[-RECENT:]) if rates else None
    slower = usual is not None and recent is not None and recent < usual * SLOWER_THAN_USUAL
    status: Status = "warn" if slower else "ok" if timed else "unknown"
    return {
        "check": "performance",
        "status": status,
        "figures": {
            "loads": len(timed),
            "rows": rows,
            "seconds": round(seconds, 3),
            "rows_per_second": round(rows / seconds, 1) if seconds else None,
            "recent_rows_per_second": round(recent, 1) if recent else None,
            "usual_rows_per_second": round(usual, 1) if usual else None,
        },
        "findings": [_slow(one, status) for one in sorted(large or timed, key=_rate)[:MOST_SLOW]],
        "words": _performance_words(len(timed), rows, seconds, slower=slower),
    }


def _newest_loaded(file: Sequence[Release]) -> list[int]:
    """Where in the file's past its newest current release stands; empty if there is none."""
    return [at for at, one in enumerate(file) if one.state == ReleaseState.LOADED][-1:]


def _compared(release: Release, before: Sequence[Release]) -> list[Finding]:
    if not before:
        return []
    return [_quarantined(release, before), _rows(release, before[-1])]


def _quarantined(release: Release, before: Sequence[Release]) -> Finding:
    share = _share(release.rows_quarantined, release.rows)
    usual = statistics.median(_share(one.rows_quarantined, one.rows) for one in before)
    words = f"{share:.2%} of its rows are quarantined; {usual:.2%} is usual for this county"
    return _finding(release, _status(share - usual, **QUARANTINED_MORE), words)


def _rows(release: Release, last: Release) -> Finding:
    before, now = (one.rows + one.rows_quarantined for one in (last, release))
    change = now / before - 1 if before else 0.0
    allowed = ROWS_MAY_CHANGE.get(release.file_type, USUAL_CHANGE)
    words = f"{now:,} rows, {change:+.1%} against the {before:,} of {last.year}{last.stage}"
    return _finding(release, _status(abs(change), allowed, allowed * FAR_BEYOND), words)


def _status(value: float, warn: float, critical: float) -> Status:
    return "critical" if value > critical else "warn" if value > warn else "ok"


def _finding(release: Release, status: Status, words: str) -> Finding:
    county = counties.BY_NO[release.county_no].name
    return {"status": status, "label": label(county, release.file_type, release.year, release.stage), "words": words}


def _slow(release: Release, status: Status) -> Finding:
    return _finding(release, status, f"{_rate(release):,.0f} rows a second, {_seconds(release):,.1f} s")


def _share(quarantined: int, rows: int) -> float:
    return quarantined / (rows + quarantined) if rows + quarantined else 0.0


def _seconds(release: Release) -> float:
    return max((release.loaded_at - release.created_at).total_seconds(), 0.001) if release.loaded_at else 0.0


def _rate(release: Release) -> float:
    return release.rows / _seconds(release)


def _quality_words(current: int, comparable: int, odd: int) -> str:
    if not comparable:
        return f"{current} rolls are loaded, none of which has an earlier release to be held against."
    return f"{odd} of {comparable} rolls differ from their county's own past; {current - comparable} have no past."


def _performance_words(loads: int, rows: int, seconds: float, *, slower: bool) -> str:
    if not loads:
        return "No load is on record."
    trend = f" The last {RECENT} large ones were less than half as fast as those before." if slower else ""
    return f"{loads} loads brought {rows:,} rows, {rows / seconds:,.0f} a second.{trend}"
