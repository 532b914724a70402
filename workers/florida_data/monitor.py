"""monitor: how the source is, what of it is not loaded, and how good and how fast the loads were."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import ActionError, Call, Cancelled, action
from workers.florida_data import loads
from workers.florida_data.changes import named
from workers.florida_data.checkups import CheckName, Checkup, Status, worst
from workers.florida_data.fill_gaps import GAPS, Found, find
from workers.florida_data.holdings import held
from workers.florida_data.layouts import USUAL, FileType
from workers.florida_data.offers import Offer, Wanted, look
from workers.florida_data.sources import Source, find_source
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.reach import reachable

logger = logging.getLogger(__name__)

CHECKS: tuple[CheckName, ...] = ("health", "gaps", "quality", "performance")
SLOW = {"warn": 10.0, "critical": 60.0}  # seconds for the listing
MOST_UNRECOGNISED = 0.5  # of what is listed
_READ = (
    *("release", "file_type", "county_no", "year", "stage", "submission", "state"),
    *("rows", "rows_quarantined", "created_at", "loaded_at"),
)


class Monitoring(TypedDict):
    """Each check that was asked for; the whole is as its worst check. ``attention`` has those that are not ok."""

    source: str
    status: Status
    checks: list[Checkup]
    attention: list[str]


@dataclass
class Look:
    """One look at the source, shared by the checks that need it: what it offers and how long that took, or why not."""

    call: Call
    place: Source
    wanted: Wanted
    seconds: float = 0.0
    _offer: Offer | None = field(default=None, init=False)
    _error: ActionError | None = field(default=None, init=False)

    def offer(self) -> Offer:
        """What the source offers, looked for once. Raises `TryLater` or `SourceRefused`, each time the same."""
        if self._error:
            raise self._error
        if self._offer is None:
            began = time.perf_counter()
            try:
                self._offer = look(self.call, self.place, self.wanted)
            except ActionError as error:
                self._error = error
                raise
            finally:
                self.seconds = time.perf_counter() - began
        return self._offer


@action(read_only=True, expected_seconds=5)
def monitor(
    call: Call,
    checks: Annotated[list[CheckName], Field(min_length=1, description="Which.")] = list(CHECKS),  # noqa: B006
    counties: Annotated[list[str | int], Field(description="As `discover` takes them; empty means all 67.")] = [],  # noqa: B006
    file_types: Annotated[list[FileType], Field(min_length=1, description="Which rolls.")] = list(USUAL),  # noqa: B006
    year: Annotated[int | None, Field(ge=1990, le=2100, description="The roll year; by default the newest.")] = None,
    source: Annotated[str, Field(description="As `discover` takes it; empty means the default.")] = "",
) -> Monitoring:
    """Check the source's health, the gaps of what is loaded, the quality of the releases and the speed of the loads.

    A check that cannot be made is unknown and says why; the others are made all the same.
    """
    looked = Look(call, find_source(source), Wanted.of(counties, file_types, year))
    made = [_made(name, looked) for name in CHECKS if name in checks]
    return {
        "source": looked.place.name,
        "status": worst(checkup["status"] for checkup in made),
        "checks": made,
        "attention": [f"{one['check']}: {one['words']}" for one in made if one["status"] != "ok"],
    }


def _made(name: CheckName, looked: Look) -> Checkup:
    try:
        return _CHECKS[name](looked)
    except Cancelled:
        raise
    except ActionError as error:
        return _failed(name, str(error))
    except Exception as error:  # of one check, whatever it is: the others do not depend on it
        logger.exception("The check %s failed", name)
        return _failed(name, f"it could not be made: {type(error).__name__}")


def _failed(name: CheckName, why: str) -> Checkup:
    return {"check": name, "status": "unknown", "figures": {}, "findings": [], "words": why}


def _health(looked: Look) -> Checkup:
    """Does the source answer with a listing, and in what time? One that does not is critical."""
    try:
        offer = looked.offer()
    except ActionError as error:
        figures: dict[str, float | int | None] = {"seconds": round(looked.seconds, 3)}
        return {"check": "health", "status": "critical", "figures": figures, "findings": [], "words": str(error)}
    problems = _problems(offer, looked.seconds)
    listed = f"{offer.place.name} listed {offer.recognised} roll files in {looked.seconds:.1f} s"
    return {
        "check": "health",
        "status": worst(status for status, _ in problems),
        "figures": {
            "seconds": round(looked.seconds, 3),
            "roll_files": offer.recognised,
            "unrecognised": len(offer.unrecognised),
            "wanted": len(offer.files),
            "not_offered": len(offer.missing),
        },
        "findings": [],
        "words": f"{'; '.join([listed, *(words for _, words in problems)])}.",
    }


def _problems(offer: Offer, seconds: float) -> list[tuple[Status, str]]:
    """What is wrong with a listing, if anything is."""
    found: list[tuple[Status, str]] = []
    if seconds > SLOW["warn"]:
        found.append(("critical" if seconds > SLOW["critical"] else "warn", "that is slow"))
    if not offer.recognised:
        found.append(("critical", "that is no listing of rolls"))
    elif not offer.files:
        found.append(("warn", f"none is a {offer.wanted}"))
    if len(offer.unrecognised) > MOST_UNRECOGNISED * (offer.recognised + len(offer.unrecognised)):
        found.append(("warn", f"{len(offer.unrecognised)} names tell no county: {named(offer.unrecognised)}"))
    if empty := [file["name"] for file in offer.files if file["bytes"] == 0]:
        found.append(("warn", f"without a byte: {named(empty)}"))
    return found


def _gaps(looked: Look) -> Checkup:
    """What is missing, stale or superseded; critical where nothing at all of what is offered is loaded."""
    offer = looked.offer()
    found = find(offer, held(looked.wanted))
    nothing = len(found.gaps) == len(offer.files) == found.counts.get("missing")
    status: Status = "critical" if nothing else "warn" if found.gaps or found.missing else "ok"
    return {
        "check": "gaps",
        "status": status,
        "figures": {
            "offered": len(offer.files),
            **{kind: found.counts.get(kind, 0) for kind in GAPS},
            "not_offered": len(found.missing),
            "unknown": sum(one.change == "unknown" for one in found.others),
        },
        "findings": [
            {"status": "warn", "label": file["label"], "words": f"{kind}: {file['reason']}"}
            for kind, file in found.gaps
        ],
        "words": _gap_words(found),
    }


def _gap_words(found: Found) -> str:
    counted = ", ".join(f"{found.counts.get(kind, 0)} {kind}" for kind in GAPS)
    lacking = f"; {len(found.missing)} neither loaded nor offered" if found.missing else ""
    return f"{len(found.gaps) + len(found.others)} rolls offered: {counted}{lacking}."


def _releases(looked: Look) -> list[Release]:
    """The complete releases of what is wanted, of every year up to the one that is asked for."""
    wanted = looked.wanted
    with reachable():
        found = Release.objects.filter(
            file_type__in=wanted.file_types,
            county_no__in=[county.no for county in wanted.counties],
            state__in=(ReleaseState.LOADED, ReleaseState.SUPERSEDED),
            **({"year__lte": wanted.year} if wanted.year else {}),
        )
        return list(found.only(*_READ))


_CHECKS: dict[CheckName, Callable[[Look], Checkup]] = {
    "health": _health,
    "gaps": _gaps,
    "quality": lambda looked: loads.quality(_releases(looked)),
    "performance": lambda looked: loads.performance(_releases(looked)),
}
