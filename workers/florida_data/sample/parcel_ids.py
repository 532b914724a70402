"""Parcel ids in the shapes that counties use: each is a text of its own, and one row number gives one id."""

from collections.abc import Callable

import polars as pl

_SHAPES: dict[int, Callable[["_Parts"], pl.Expr]] = {
    11: lambda part: part("section", 5) + "-" + part("block", 3) + "-" + part("lot", 3),
    15: lambda part: (
        part("township", 2) + " " + part("range", 4) + "-" + part("section", 2) + "-*-" + part("serial", 2)
    ),
    26: lambda part: part("block", 6) + "-" + part("lot", 3) + pl.lit("R"),
    41: lambda part: part("township", 8) + part("block", 6) + part("lot", 6) + ".0",
    62: lambda part: pl.concat_str(
        [
            part("section", 2),
            part("township", 2),
            part("range", 2),
            part("serial", 5),
            part("block", 3),
            part("lot", 4),
        ],
        separator=" ",
    ),
    70: lambda part: pl.lit("D") + part("block", 2) + "A" + part("lot", 3),
}
"""Counties with a shape of their own, by number; the others have twelve digits or dashes."""


class _Parts:
    """The pieces of an id, made from the row number."""

    def __call__(self, name: str, width: int) -> pl.Expr:
        return getattr(self, name).cast(pl.String).str.zfill(width)

    row = pl.col("row").cast(pl.Int64)
    serial = row
    lot = row % 1000
    block = row // 1000
    section = row // 1000 % 36 + 1
    township = row // 36_000 % 60 + 1
    range = row // 2_160_000 + 22


def parcel_ids(county_no: int) -> pl.Expr:
    """The ids of a county's parcels as an expression over ``row``; one row number, one id."""
    part = _Parts()
    if shape := _SHAPES.get(county_no):
        return shape(part)
    if county_no % 2 == 0:  # twelve digits, some of them with a leading zero
        return part("township", 2) + part("range", 2) + part("section", 2) + part("block", 3) + part("lot", 3)
    return pl.concat_str(
        [
            part("section", 2),
            part("township", 2),
            part("range", 2),
            part("block", 4),
            part("serial", 5),
            part("lot", 4),
        ],
        separator="-",
    )
