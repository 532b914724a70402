"""The beginning of a roll file: its header, or its first row where the type's files may come without one."""

from collections.abc import Sequence
from typing import IO

from workers.florida_data.chunks import BOM, read_header
from workers.florida_data.layouts import HeaderDrift, Layout


def read_beginning(stream: IO[bytes], layout: Layout, file: str) -> list[str] | None:
    """The names in a file's header, after which the stream stands; None, and the stream back at its beginning, where
    the first line is a row already.

    A name of the layout in small letters is that name. Raises `ActionError` that names ``file`` if the first line is
    neither.
    """
    cells = read_header(stream, file)
    if not (layout.headerless and cells[0] == layout.file_letter):
        return [name.upper() if name.upper() in layout.header else name for name in cells]
    if len(cells) != len(layout.header):
        raise HeaderDrift(
            f"{file}: its first row has {len(cells)} cells where {len(layout.header)} were expected, and no header"
            " says what they are"
        )
    stream.seek(0)
    if stream.read(len(BOM)) != BOM:
        stream.seek(0)
    return None


def distinct(header: Sequence[str]) -> list[str]:
    """The names with each told apart: a blank one by its place, one that is repeated by its number, ``CO_NO (2)``."""
    names: list[str] = []
    for place, name in enumerate(header, 1):
        named = name or f"column {place}"
        again = sum(other == name for other in header[: place - 1])
        names.append(f"{named} ({again + 1})" if again and name else named)
    return names
