"""The warehouse's tables of the rolls, one for each type of file, made of the layouts."""

from workers.florida_data import columns
from workers.florida_data.columns import Column, Kind
from workers.florida_data.layouts import FileType
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


def _table(name: str, layout: tuple[Column, ...], *key: str) -> Table:
    return Table(name, {column.name.lower(): SQL_TYPES[column.kind] for column in layout}, ("co_no", *key))


# Each has the columns of the newest layout; an older release leaves empty what it did not have.
TABLES: dict[FileType, Table] = {
    "NAL": _table("nal", columns.NAL_2026_FINAL, "parcel_id"),
    "SDF": _table("sdf", columns.SDF, "parcel_id", "sale_id_cd"),
    "NAP": _table("nap", columns.NAP, "acct_id"),
}
