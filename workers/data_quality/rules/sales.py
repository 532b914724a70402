"""What the guide of 2025 says of a sale, be it a row of a sale file or one of the two slots of a parcel."""

import polars as pl

QUALIFIED = ("01", "02")
PHYSICAL_CHANGE = "03"
MULTIPLE_PARCELS = "05"
MINIMUM_STAMPS = "11"
NEWLY_DISCOVERED = "99"
# 15 was removed from the list.
QUALIFICATION_CODES = (
    *("01", "02", "03", "04", "05", "06"),
    *("11", "12", "13", "14", "16", "17", "18", "19", "20", "21"),
    *(str(code) for code in range(30, 44)),
    *("98", "99"),
)
# The least documentary stamps stand for a price of one hundred dollars.
STAMP_PRICE = 100


def is_listed(code: pl.Expr) -> pl.Expr:
    """Whether a qualification code is one of the guide's."""
    return code.is_in(QUALIFICATION_CODES)
