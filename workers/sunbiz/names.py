"""What the name of one of the Division's files tells: what its records are, of which series, and of which day."""

import re
from dataclasses import dataclass
from datetime import date

from workers.sunbiz.layouts import DatasetName
from workers.warehouse.files import Series

# The Division's own names, whose case varies; a copy may have more words before the ending.
_QUARTERLY: dict[DatasetName, re.Pattern[str]] = {
    "corporations": re.compile(r"(?:.*\D)?(?:np)?cordata(\d)?"),
    "events": re.compile(r"(?:.*\D)?corev(?:en)?t"),
    "fictitious": re.compile(r"(?:.*\D)?fic(?:data|file)"),
}
_DAILY: dict[str, DatasetName] = {"c": "corporations", "ce": "events", "f": "fictitious", "fn": "fictitious"}
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_DAILY_NAME = re.compile(r"(\d{8})([a-z]{1,2})")
ENDINGS = (".txt", ".zip")


@dataclass(frozen=True)
class Told:
    """What a name tells; ``day`` is None where it names none, and ``shard`` empty where it is not one of ten."""

    dataset: DatasetName
    series: Series
    day: date | None = None
    shard: str = ""


def read_name(path: str) -> Told | None:
    """What the last part of ``path`` tells, with a day from the folder above if need be; None if it is another file."""
    *folders, name = path.replace("\\", "/").lower().split("/")
    if not name.endswith(ENDINGS) or name.startswith("."):
        return None
    stem = name.split(".")[0]
    if (match := _DAILY_NAME.fullmatch(stem)) and match[2] in _DAILY and (day := _day(match[1])):
        return Told(_DAILY[match[2]], Series.DAILY, day)
    for dataset, pattern in _QUARTERLY.items():
        if match := pattern.fullmatch(stem):
            shard = match[1] or "" if match.re.groups else ""
            return Told(dataset, Series.QUARTERLY, _day(stem) or _day(folders[-1] if folders else ""), shard)
    return None


def _day(text: str) -> date | None:
    match = _DAY.search(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
