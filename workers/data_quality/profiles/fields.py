"""The shapes of a profile: what is told of a column, and by what two profiles are compared."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.data_quality.profiles.looks import Looks

Bound = int | float | str | None


class Frequent(TypedDict):
    """A value and in how many rows it is. Of personal texts only the length is told."""

    value: Bound | bool
    count: int
    share: float


class Pattern(TypedDict):
    """A shape of texts, such as 99-99-A, and the share of the filled cells that have it."""

    pattern: str
    share: float


class Field(TypedDict):
    """A column. ``looks``: what its cells look like, ``exceptions`` those that do not, ``format`` that of dates.

    ``filled`` is the share of cells that are neither null nor blank; all other shares are of the filled cells.
    ``shortest`` and ``longest`` are numbers of characters. What is not exact is marked by ``distinct_is_exact`` false:
    the number of distinct values (within some 5 %), and the quantiles. Nothing is told of a personal text's value.
    """

    column: str
    stored: str
    looks: Looks
    format: str
    exceptions: int
    rows: int
    nulls: int
    blanks: int
    filled: float
    distinct: int
    distinct_is_exact: bool
    least: Bound
    greatest: Bound
    quantiles: dict[str, float]
    shortest: int | None
    longest: int | None
    frequent: list[Frequent]
    patterns: list[Pattern]


class Distribution(TypedDict):
    """How filled cells lie in bins: up to each edge of numbers (or of days since 1970) and above the last; or as each
    of these values or patterns and as any other. ``shares`` has one more than ``bins``."""

    by: Literal["number", "day", "value", "pattern"]
    bins: list[float] | list[str]
    shares: list[float]
