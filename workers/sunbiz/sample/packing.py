"""Writes tables of texts as the Division's records, and makes single ones odd in the ways that real ones are."""

from collections.abc import Mapping

import polars as pl

from workers.sunbiz.layouts import Layout


def pack(frame: pl.DataFrame, fields: Mapping[str, pl.Expr], layout: Layout) -> list[bytes]:
    """The records of ASCII texts over ``frame``, each cut and filled up to its width; other fields are blank."""
    parts = [
        fields[at.name].fill_null("").str.slice(0, at.width).str.pad_end(at.width)
        if at.name in fields
        else pl.lit(" " * at.width)
        for at in layout.slices
    ]
    # To look for what expressions have in common takes longer than to compute it twice.
    records = frame.lazy().select(pl.concat_str(parts)).collect(optimizations=pl.QueryOptFlags.none())
    return [text.encode() for text in records.to_series()]


def changed(record: bytes, layout: Layout, **fields: str) -> bytes:
    """The record with some fields replaced: by any text, whose lone surrogates stand for bytes that are no UTF-8."""
    return layout.pack(layout.unpack(record) | fields)


def person(last: str, first: str, initial: str = "", suffix: str = "") -> str:
    """A person's name as it stands in its 42 bytes. The widths count bytes, whatever the characters."""
    parts = ((last, 20), (first, 14), (initial, 1), (suffix, 7))
    padded = b"".join(text.encode()[:width].ljust(width) for text, width in parts)
    return padded.decode("utf-8", "surrogateescape")
