"""The small sample that a new installation loads: four counties named as irregularly as on the real portal.

Broward's zips lack the county's number and those of Saint Johns bear another county's. Liberty's rolls are flawed, so
that whoever loads them sees an operation end in front of a person.
"""

from dataclasses import dataclass
from pathlib import Path

from workers import counties
from workers.florida_data.layouts import NAV, USUAL, FileType, Stage, member_name
from workers.florida_data.sample.flaws import FLAWED_COUNTY
from workers.florida_data.sample.rolls import Roll, write_csv, write_roll, zip_name

PARCELS = {"Duval": 1_200, "Broward": 1_500, "Saint Johns": 800, FLAWED_COUNTY: 600}
CLEAN = tuple(name for name in PARCELS if name != FLAWED_COUNTY)
WITHOUT_NUMBER = "Broward"
WITH_WRONG_NUMBER = "Saint Johns"
# One county publishes the pair, another one only the totals.
WITH_NAV: dict[str, tuple[FileType, ...]] = {"Duval": NAV, "Broward": NAV[:1]}
_COMPLETE = ".complete"
_WITH_NAV = ".complete-nav"


@dataclass(frozen=True)
class SampleSet:
    """Which rolls to write: counties with their parcels, types, and what all have in common."""

    parcels: dict[str, int]
    file_types: tuple[FileType, ...] = USUAL
    year: int = 2025
    stage: Stage = "P"
    seed: int = 1
    flawed: tuple[str, ...] = (FLAWED_COUNTY,)

    def write(self, folder: Path) -> list[Path]:
        """Write the rolls as ``NAL/2025P/….zip``, or ``NAV/2025/NAV N/….TXT``; the paths of what was written."""
        written = []
        for name, parcels in self.parcels.items():
            county = counties.find(name)
            roll = Roll(county, parcels, self.year, self.stage, self.seed, flawed=county.name in self.flawed)
            written += [_write(roll, kind, folder) for kind in self.file_types]
        return written


def _write(roll: Roll, kind: FileType, folder: Path) -> Path:
    if kind in NAV:
        name = member_name(kind, roll.county.no, roll.stage, roll.year)
        return write_csv(roll, kind, folder / "NAV" / str(roll.year) / f"NAV {kind[-1]}" / name)
    return write_roll(roll, kind, folder / kind / f"{roll.year}{roll.stage}" / irregular_name(roll, kind))


def irregular_name(roll: Roll, file_type: FileType) -> str:
    """The zip's name as the portal has it, which for two of the counties is irregular."""
    name, number = zip_name(roll, file_type), f" {roll.county.no} "
    if roll.county.name == WITHOUT_NUMBER:
        return name.replace(number, " ", 1)
    if roll.county.name == WITH_WRONG_NUMBER:
        return name.replace(number, f" {roll.county.no + 1} ", 1)
    return name


def ensure_sample(folder: Path) -> None:
    """Write the standard sample beneath ``folder`` unless it is there already."""
    if not (folder / _COMPLETE).exists():
        SampleSet(PARCELS).write(folder)
        (folder / _COMPLETE).touch()
    # Marked by itself, for samples from before there were these.
    if not (folder / _WITH_NAV).exists():
        for county, kinds in WITH_NAV.items():
            SampleSet({county: PARCELS[county]}, kinds).write(folder)
        (folder / _WITH_NAV).touch()
