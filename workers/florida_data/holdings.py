"""What the warehouse holds of some rolls, as far as it can be told."""

import logging
from collections.abc import Iterable

from workers.contract import ActionError
from workers.florida_data.offers import Wanted
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.reach import reachable

logger = logging.getLogger(__name__)

_READ = ("release", "file_type", "county_no", "year", "stage", "submission", "state", "created_at", "loaded_at")


class Held:
    """What the warehouse has of some rolls: every release that was ever complete."""

    def __init__(self, releases: Iterable[Release]):
        self._by_roll: dict[tuple[int, str], list[Release]] = {}
        for release in releases:
            self._by_roll.setdefault((release.county_no, release.file_type), []).append(release)

    def of(self, county_no: int, file_type: str, year: int | None = None) -> list[Release]:
        """The county's releases of a type, of one year or of all."""
        found = self._by_roll.get((county_no, file_type), [])
        return [release for release in found if year in (None, release.year)]

    def current(self, county_no: int, file_type: str, year: int | None = None) -> Release | None:
        """What readers see of the county's newest year, or of ``year``."""
        loaded = [one for one in self.of(county_no, file_type, year) if one.state == ReleaseState.LOADED]
        return max(loaded, key=lambda release: release.year, default=None)


def held(wanted: Wanted) -> Held:
    """What the warehouse has of what is wanted, of all years. Raises `TryLater` or `ActionError` if it cannot tell."""
    with reachable():
        complete = Release.objects.exclude(state=ReleaseState.STAGED).filter(file_type__in=wanted.file_types)
        return Held(complete.filter(county_no__in=[county.no for county in wanted.counties]).only(*_READ))


def held_or_none(wanted: Wanted) -> Held | None:
    """The same, or None while the warehouse cannot tell: what a source offers is worth knowing all the same."""
    try:
        return held(wanted)
    except ActionError as error:
        logger.warning("What is loaded is not known: %s", error)
    except Exception:  # whatever is wrong with the warehouse
        logger.exception("What is loaded is not known")
    return None
