"""The warehouse's tables of the rolls, one for each type of file, made of the layouts."""

from workers import roll_columns as columns
from workers.florida_data.layouts import FileType
from workers.roll_columns import Column, Kind
from workers.warehouse.tables import Table

SQL_TYPES = {
    Kind.CODE: "text",
    Kind.TEXT: "text",
    Kind.MONEY: "bigint",
    Kind.SIGNED: "bigint",
    Kind.INTEGER: "bigint",
    Kind.DECIMAL: "double precision",
    Kind.YEAR: "smallint",
}


def _table(name: str, layout: tuple[Column, ...], *key: str, searched: tuple[str, ...] = ()) -> Table:
    types = {column.name.lower(): SQL_TYPES[column.kind] for column in layout}
    return Table(name, types, ("co_no", *key), searched)


# Each has the columns of the newest layout; an older release leaves empty what it did not have.
TABLES: dict[FileType, Table] = {
    "NAL": _table("nal", columns.NAL_2026_FINAL, "parcel_id", searched=("phy_addr1", "own_name")),
    "SDF": _table("sdf", columns.SDF, "parcel_id", "sale_id_cd"),
    "NAP": _table("nap", columns.NAP, "acct_id", searched=("phy_addr", "own_nam")),
    "NAVN": _table("nav_n", columns.NAV_N, "parcel_id", "seq_no"),
    "NAVD": _table("nav_d", columns.NAV_D, "parcel_id", "levy_id", "func_cd", "seq_no"),
}
