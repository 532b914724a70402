"""What a use code may be told from: the columns of a roll that do not follow from the code itself, as numbers.

Strata, the value group and the county's own code (BAS_STRT, ATV_STRT, GRP_NO, PA_UC) are made from the use code, so
they are left out. A text becomes its place among the known ones in their order: parcel ids that begin alike lie side
by side, and so a range of places is a subdivision or a building.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

Roll = Literal["NAL", "SDF"]
Floats = np.ndarray[tuple[int, int], np.dtype[np.float32]]
LABEL = "dor_uc"
KEY = ("co_no", "parcel_id")
PLACE = "place"
NUMBER_OF_SALES = "sales"
SUFFIX = 4  # the last characters of a parcel id, which number the lots or the units

TEXTS: dict[Roll, tuple[str, ...]] = {
    "NAL": (
        "nbrhd_cd",
        "mkt_ar",
        "census_bk",
        "lnd_unts_cd",
        "imp_qual",
        "const_class",
        "tax_auth_cd",
        "twn",
        "rng",
        "sec",
        "public_lnd",
        "own_state_dom",
        "phy_zipcd",
        "vi_cd1",
        "qual_cd1",
    ),
    "SDF": ("nbrhd_cd", "mkt_ar", "census_bk", "vi_cd", "qual_cd", "multi_par_sal", "sal_chg_cd"),
}
NUMBERS: dict[Roll, tuple[str, ...]] = {
    "NAL": (
        "jv",
        "av_sd",
        "tv_sd",
        "jv_hmstd",
        "jv_class_use",
        "lnd_val",
        "no_lnd_unts",
        "lnd_sqfoot",
        "tot_lvg_area",
        "no_buldng",
        "no_res_unts",
        "spec_feat_val",
        "eff_yr_blt",
        "act_yr_blt",
        "sale_prc1",
        "sale_yr1",
    ),
    "SDF": ("sale_prc", "sale_yr", "sale_mo"),
}
ORDER: dict[Roll, tuple[str, ...]] = {"NAL": ("asmnt_yr",), "SDF": ("asmnt_yr", "sale_yr", "sale_mo", "sale_id_cd")}


def columns(roll: Roll) -> set[str]:
    """All columns that are worth reading."""
    return {*KEY, LABEL, *TEXTS[roll], *NUMBERS[roll], *ORDER[roll]}


def parcels(rows: pl.DataFrame, roll: Roll) -> pl.DataFrame:
    """One row for each parcel, the latest of its sales, with how many there are. A blank use code is null."""
    present = [name for name in ORDER[roll] if name in rows.columns]
    texts = [name for name in (*KEY, LABEL, *TEXTS[roll]) if name in rows.columns]
    typed = rows.with_columns(pl.col(texts).cast(pl.String).str.strip_chars().replace("", None))
    typed = typed.with_columns(
        pl.col([name for name in NUMBERS[roll] if name in rows.columns]).cast(pl.Float64, strict=False),
        pl.concat_str(pl.col("co_no").str.zfill(2), pl.lit("-"), pl.col("parcel_id")).alias(PLACE),
    )
    return (
        typed.sort(PLACE, *present, nulls_last=False)
        .group_by(PLACE, maintain_order=True)
        .agg(pl.all().last(), pl.len().alias(NUMBER_OF_SALES))
    )


@dataclass(frozen=True)
class Encoder:
    """Turns parcels into numbers, by the texts of those that it was made from."""

    known: dict[str, np.ndarray]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, frame: pl.DataFrame, roll: Roll) -> "Encoder":
        """An encoder by ``frame``; a column without a value there says nothing and is left out."""
        filled = [name for name in frame.columns if frame[name].null_count() < frame.height]
        texts = [name for name in (PLACE, *TEXTS[roll]) if name in filled]
        known = {name: frame[name].drop_nulls().unique().sort().to_numpy().astype(str) for name in texts}
        return cls(known, tuple(name for name in (*NUMBERS[roll], NUMBER_OF_SALES) if name in filled))

    def encode(self, frame: pl.DataFrame) -> Floats:
        """A row of numbers for each parcel; -1 where a cell is blank or the column is missing."""
        places = [_places(self._column(frame, name), known) for name, known in self.known.items()]
        numbers = [self._column(frame, name).cast(pl.Float64).fill_null(-1).to_numpy() for name in self.numbers]
        return np.column_stack([*places, _suffix(frame["parcel_id"]), *numbers]).astype(np.float32)

    def _column(self, frame: pl.DataFrame, name: str) -> pl.Series:
        return frame[name] if name in frame.columns else pl.Series(name, [None] * frame.height, dtype=pl.String)

    @property
    def names(self) -> list[str]:
        """What each number is, in their order."""
        return [*self.known, "parcel_id_end", *self.numbers]


def _places(column: pl.Series, known: Sequence[str] | np.ndarray) -> np.ndarray:
    cells = column.cast(pl.String).fill_null("").to_numpy().astype(str)
    return np.where(cells == "", -1, np.searchsorted(known, cells))


def _suffix(ids: pl.Series) -> np.ndarray:
    """The end of a parcel id as a number of base 36, other characters as 0."""
    ends = ids.fill_null("0").str.to_uppercase().str.replace_all("[^0-9A-Z]", "0").str.tail(SUFFIX)
    return ends.str.to_integer(base=36, strict=False).fill_null(-1).to_numpy()
