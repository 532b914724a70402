"""Writes sample rolls as the Department of Revenue publishes them: one zip per county and type, one CSV inside.

NAV files are bare texts without a header.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from workers.counties import County
from workers.florida_data.layouts import NAV, STAGE_NAMES, FileType, Layout, Stage, layout, member_name
from workers.florida_data.sample import flaws
from workers.florida_data.sample.accounts import make_accounts
from workers.florida_data.sample.levies import make_levies
from workers.florida_data.sample.parcels import make_parcels
from workers.florida_data.sample.sales import sale_rows
from workers.sample.words import listed

ROWS_AT_ONCE = 50_000
ACCOUNTS_PER_PARCEL = 0.12
_DATE = (2025, 6, 27, 16, 50, 0)  # the same for every file, so that the same rolls are the same bytes
# Quoting is by column in the published files, not by type.
_QUOTED = {
    "SDF": listed(
        """
        PARCEL_ID DOR_UC NBRHD_CD MKT_AR SALE_ID_CD SAL_CHG_CD VI_CD OR_BOOK OR_PAGE CLERK_NO QUAL_CD SALE_MO
        RS_ID MP_ID STATE_PARCEL_ID
        """
    ),
    "NAP": listed(
        """
        ACCT_ID FILE_T ASMNT_YR TAX_AUTH_CD NAICS_CD OWN_NAM OWN_ADDR OWN_CITY OWN_STATE OWN_ZIPCD PHY_ADDR
        PHY_CITY PHY_ZIPCD EXMPT
        """
    ),
    "NAL": listed(
        """
        PARCEL_ID FILE_T BAS_STRT DOR_UC PA_UC DT_LAST_INSPT QUAL_CD1 VI_CD1 SALE_MO1 OR_BOOK1 OR_PAGE1
        CLERK_NO1 QUAL_CD2 VI_CD2 SALE_MO2 OR_BOOK2 OR_PAGE2 CLERK_NO2 OWN_NAME OWN_ADDR1 OWN_CITY OWN_STATE
        OWN_ZIPCD S_LEGAL MKT_AR NBRHD_CD PUBLIC_LND TAX_AUTH_CD TWN RNG SEC CENSUS_BK PHY_ADDR1 PHY_CITY
        PHY_ZIPCD RS_ID MP_ID STATE_PAR_ID
        """
    ),
}


@dataclass(frozen=True)
class Roll:
    """Which rolls to make: a county's, of this year and stage, with so many parcels, from this seed."""

    county: County
    parcels: int
    year: int = 2025
    stage: Stage = "P"
    seed: int = 1
    flawed: bool = False


def csv_chunks(roll: Roll, file_type: FileType) -> Iterator[bytes]:
    """The bytes of a roll file in chunks that end with a line, the header first (NAV has none).

    The same ``roll`` gives the same bytes.
    """
    pinned = layout(file_type, roll.year, roll.stage)
    if not pinned.headerless:
        yield (",".join(pinned.header) + "\r\n").encode()
    for frame in _frames(roll, file_type):
        lines = _lines(frame, pinned)
        if roll.flawed:
            lines = flaws.broken_lines(lines)
        yield "".join(f"{line}\r\n" for line in lines).encode()


def _frames(roll: Roll, file_type: FileType) -> Iterator[pl.DataFrame]:
    total = roll.parcels if file_type != "NAP" else max(1, int(roll.parcels * ACCOUNTS_PER_PARCEL))
    for start in range(0, total, ROWS_AT_ONCE):
        rows = range(start, min(start + ROWS_AT_ONCE, total))
        if file_type == "NAP":
            yield make_accounts(roll.county, roll.year, roll.seed, rows)
            continue
        if file_type in NAV:
            yield make_levies(roll.county, roll.year, roll.seed, rows, file_type)
            continue
        parcels = make_parcels(roll.county, roll.year, roll.seed, rows, total)
        frame = parcels if file_type == "NAL" else sale_rows(parcels)
        yield flaws.wrong_values(frame, file_type) if roll.flawed else frame


def _lines(frame: pl.DataFrame, pinned: Layout) -> list[str]:
    cells = [_cell(frame, name, name in _QUOTED.get(pinned.file_type, ())) for name in pinned.header]
    return frame.select(pl.concat_str(cells, separator=",")).to_series().to_list()


def _cell(frame: pl.DataFrame, name: str, quoted: bool) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit("")
    text = pl.col(name).cast(pl.String)
    if quoted:
        text = pl.lit('"') + text.str.replace_all('"', '""', literal=True) + pl.lit('"')
    return text.fill_null("")


def zip_name(roll: Roll, file_type: FileType) -> str:
    """The regular name of a zip, such as ``Alachua 11 Preliminary NAL 2025.zip``."""
    name = roll.county.name.removeprefix("Miami-")
    return f"{name} {roll.county.no} {STAGE_NAMES[roll.stage].title()} {file_type} {roll.year}.zip"


def write_roll(roll: Roll, file_type: FileType, path: Path) -> Path:
    """Write a zipped roll file at ``path``, all of it or nothing; the same roll gives the same bytes."""
    member = zipfile.ZipInfo(member_name(file_type, roll.county.no, roll.stage, roll.year), _DATE)
    member.compress_type = zipfile.ZIP_DEFLATED
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with zipfile.ZipFile(partial, "w") as archive, archive.open(member, "w", force_zip64=True) as file:
        for chunk in csv_chunks(roll, file_type):
            file.write(chunk)
    return partial.replace(path)


def write_csv(roll: Roll, file_type: FileType, path: Path) -> Path:
    """Write a roll file without a zip around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        file.writelines(csv_chunks(roll, file_type))
    return partial.replace(path)
