"""What the land of a sample roll is used for: each use code with how common it is and what such a parcel is like."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Use:
    """A use code (DOR_UC), its share of a roll in per cent, its median value in dollars, and its traits."""

    code: str
    share: float
    value: int
    built: bool = False
    dwellings: int = 0  # residential units of a usual parcel
    exempt: str = ""  # the exemption that takes all of its value
    farm: bool = False
    owner: str = "person"  # person, company or office


USES = [
    Use("000", 14, 48_000),
    Use("001", 50, 365_000, built=True, dwellings=1),
    Use("002", 4, 128_000, built=True, dwellings=1),
    Use("003", 0.3, 6_400_000, built=True, dwellings=48, owner="company"),
    Use("004", 13, 274_000, built=True, dwellings=1),
    Use("005", 0.4, 142_000, built=True, dwellings=1),
    Use("007", 0.4, 92_000),
    Use("008", 1.6, 498_000, built=True, dwellings=3),
    Use("009", 2.2, 100, owner="company"),
    Use("010", 1.6, 172_000, owner="company"),
    Use("011", 0.8, 720_000, built=True, owner="company"),
    Use("017", 0.7, 830_000, built=True, owner="company"),
    Use("019", 0.5, 560_000, built=True, owner="company"),
    Use("021", 0.3, 980_000, built=True, owner="company"),
    Use("027", 0.3, 740_000, built=True, owner="company"),
    Use("039", 0.2, 5_900_000, built=True, owner="company"),
    Use("040", 0.4, 150_000, owner="company"),
    Use("048", 1.1, 960_000, built=True, owner="company"),
    Use("050", 0.5, 610_000, built=True, dwellings=1, farm=True),
    Use("054", 0.8, 205_000, farm=True, owner="company"),
    Use("060", 1.2, 330_000, farm=True),
    Use("066", 0.5, 410_000, farm=True),
    Use("071", 0.5, 890_000, built=True, exempt="EXMPT_09", owner="company"),
    Use("082", 0.4, 310_000, exempt="EXMPT_20", owner="office"),
    Use("083", 0.1, 9_100_000, built=True, exempt="EXMPT_20", owner="office"),
    Use("086", 0.6, 240_000, exempt="EXMPT_20", owner="office"),
    Use("087", 0.3, 190_000, exempt="EXMPT_20", owner="office"),
    Use("089", 0.6, 260_000, exempt="EXMPT_20", owner="office"),
    Use("091", 0.2, 120_000, owner="company"),
    Use("094", 0.5, 100, owner="office", exempt="EXMPT_20"),
    Use("099", 1.5, 88_000),
]
SHARES = [use.share for use in USES]


def stratum(code: str, taxable: bool) -> str:
    """The basic stratum (BAS_STRT) that a use code belongs to by the guide's table; public land is 10 while untaxed."""
    number = int(code)
    for name, codes in _STRATA.items():
        if number in codes:
            return name if name != "07" or taxable else "10"
    return "06"


_STRATA: dict[str, set[int]] = {
    "01": {1, 2, 4, 5},
    "02": {6, 8},
    "03": {*range(50, 70), 97},
    "04": {0, 7},
    "05": {10, 40, 99},
    "07": {*range(70, 97), 98},
    "13": {9},
}

TABLE = pl.DataFrame(
    {
        "DOR_UC": [use.code for use in USES],
        "median": [use.value for use in USES],
        "built": [use.built for use in USES],
        "dwellings": [use.dwellings for use in USES],
        "exempt": [use.exempt for use in USES],
        "farm": [use.farm for use in USES],
        "owner": [use.owner for use in USES],
        "BAS_STRT": [stratum(use.code, taxable=not use.exempt) for use in USES],
    }
)
"""The uses as a table, one row each in the order of `USES`, with the stratum that follows from code and exemption."""
