"""What is wrong in the rolls of the flawed sample county, so that a newcomer sees an operation reach a person.

Three kinds: values that break rules, which only validation can tell; lines that cannot be read, which end in the
quarantine; and both few enough that the rest of the file is good.
"""

import polars as pl

FLAWED_COUNTY = "Liberty"
EVERY = 29  # one row in so many has a wrong value
BROKEN_EVERY = 211  # one line in so many cannot be read
REMOVED_CODE = "15"  # a qualification code that was abolished


def wrong_values(frame: pl.DataFrame, file_type: str) -> pl.DataFrame:
    """The rows, some with wrong values: an abolished code in sales; a wrong stratum and value in parcels."""
    wrong = pl.col("row") % EVERY == EVERY - 1
    if file_type == "SDF":
        return frame.with_columns(QUAL_CD=pl.when(wrong).then(pl.lit(REMOVED_CODE)).otherwise("QUAL_CD"))
    return frame.with_columns(
        TV_NSD=pl.when(wrong).then(pl.col("JV") * 2).otherwise("TV_NSD"),
        BAS_STRT=pl.when(wrong).then(pl.lit("08")).otherwise("BAS_STRT"),
    )


def broken_lines(lines: list[str]) -> list[str]:
    """The lines with some of them cut in the middle, as a broken transfer leaves them."""
    return [
        line[: len(line) // 2] if number % BROKEN_EVERY == BROKEN_EVERY - 1 else line
        for number, line in enumerate(lines)
    ]
