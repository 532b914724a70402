"""Reads a drifted file under its pinned layout, by a mapping that a person decided on.

A mapping names, for columns of the file, the pinned column that each is; an empty text leaves a column out. A column
that it does not name is read under its own name.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from workers.contract import InvalidParameters
from workers.florida_data.layouts import Layout
from workers.florida_data.rows import LINE


class Arrangement:
    """Which column of a file stands for which pinned one. Raises `InvalidParameters` if that cannot be."""

    def __init__(self, names: Sequence[str], mapping: Mapping[str, str], layout: Layout, file: str):
        self.layout = layout
        self.sources = _sources(names, mapping, layout, file)
        missing = [name for name in layout.header if name not in self.sources]
        if lost := [name for name in missing if name in layout.indispensable]:
            raise InvalidParameters(
                f"mapping: {file} cannot be read without {', '.join(lost)}: a key or a rule needs it, so name the "
                "column of the file that holds it",
                field="mapping",
            )

    def arranged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with the pinned columns in their order; those that the file lacks are blank."""
        cells = [
            pl.col(self.sources[name]).alias(name) if name in self.sources else pl.lit(None, pl.String).alias(name)
            for name in self.layout.header
        ]
        return frame.select(*cells, LINE)


def _sources(names: Sequence[str], mapping: Mapping[str, str], layout: Layout, file: str) -> dict[str, str]:
    """The file's column for each pinned one."""
    for name, column in mapping.items():
        if name not in names and not (name in layout.header and not column):
            raise _wrong(name, f"{file} has no column {name!r}; it has {_some(names)}")
        if column and column not in layout.header:
            raise _wrong(name, f"{layout.file_type} has no column {column!r}; leave it empty to leave {name!r} out")
    sources: dict[str, str] = {}
    for name in names:
        column = mapping.get(name, name)
        if column and column not in layout.header:
            raise _wrong(name, f"it says nothing of the column {name!r}: name its pinned column, or leave it out by ''")
        if column in sources:
            raise _wrong(name, f"{name!r} and {sources[column]!r} cannot both be {column}")
        if column:
            sources[column] = name
    return sources


def _wrong(name: str, words: str) -> InvalidParameters:
    return InvalidParameters(f"mapping.{name}: {words}", field=f"mapping.{name}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
