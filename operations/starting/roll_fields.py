"""The parameters of the operations that fetch files, and of the performance check."""

from collections.abc import Iterable

from operations.planning import entity_sync, performance_check, types
from operations.starting.fields import Field, Kind
from operations.states import OperationType
from workers.florida_data import sources as rolls
from workers.sunbiz import sources as entities
from workers.sunbiz.layouts import DATASETS, FILING_TYPES

Choices = tuple[tuple[str, str], ...]


def plain(values: Iterable[str]) -> Choices:
    """Choices that are called what they are."""
    return tuple((value, value.replace("_", " ")) for value in values)


COUNTIES = Field("counties", "Counties", Kind.COUNTIES, "Any usual spelling: St. Johns, Dade, 12011.", required=True)
SOME_COUNTIES = Field("counties", "Counties", Kind.COUNTIES, "None: all of them.", rare=True)
YEAR = Field("year", "Year", Kind.WHOLE, "Of the roll; empty: the newest.", example="2025")
LEVELS: Choices = (
    ("strict", "strict: sets aside what looks wrong"),
    ("standard", "standard"),
    ("permissive", "permissive: keeps what can be read"),
)
LEVEL = Field("level", "Checks", Kind.CHOICE, "How much is asked of a row.", LEVELS, default="standard", rare=True)
SOURCE = Field(
    "source",
    "Source",
    help="A configured source, or an address below one; empty: the usual one.",
    rare=True,
    suggestions=rolls.configured,
)
TEST = Field("test", "Test run", Kind.FLAG, "Reads generated sample data and loads nothing. Counties may be left out.")
FILE_TYPES: Choices = (
    ("NAL", "NAL: real property"),
    ("SDF", "SDF: sales"),
    ("NAP", "NAP: personal property"),
    ("NAV", "NAV: assessments, both files"),
    ("NAVN", "NAVN: only its parcels"),
    ("NAVD", "NAVD: only its details"),
)

ROLLS = (
    COUNTIES,
    Field("file_types", "Files", Kind.SEVERAL, "", FILE_TYPES, default=list(types.FILE_TYPES)),
    TEST,
    YEAR,
    Field("stage", "Roll", Kind.CHOICE, "Empty: the newest.", (("P", "preliminary"), ("F", "final"))),
    LEVEL,
    SOURCE,
)
DATA_VALIDATION = ROLLS
GAPS: Choices = (("gaps", "only what is not loaded yet"),)
DATA_PIPELINE = (*ROLLS, Field("only", "Load", Kind.CHOICE, "Empty: all that is asked for.", GAPS, rare=True))

ENTITY_SYNC = (
    Field("test", "Test run", Kind.FLAG, "Reads generated sample data and writes nothing."),
    Field("since", "From", Kind.DAY, "Empty: whatever is not loaded yet."),
    Field("until", "To", Kind.DAY),
    Field("datasets", "Files of", Kind.SEVERAL, "None: all.", plain(DATASETS)),
    Field("series", "Series", Kind.SEVERAL, "None: both.", plain(types.SERIES)),
    Field(
        "owners",
        "Link the owners on",
        Kind.CHOICE,
        "Whose property it is; what is unsure goes to a person.",
        plain(entity_sync.PROPERTIES),
    ),
    Field("year", "Year", Kind.WHOLE, "Of the roll whose owners are linked.", rare=True),
    Field("filing_types", "Filing types", Kind.SEVERAL, "None: all.", plain(FILING_TYPES), rare=True),
    LEVEL,
    Field("source", "Source", help="Empty: the usual one.", rare=True, suggestions=entities.configured),
)

CHECKS: Choices = (
    ("health", "health: disk, database, workers"),
    ("performance", "performance: what became slower"),
    ("completion", "completion: what is loaded and missing"),
    ("parity", "parity: do two sides hold the same rows?"),
)
HOURS = Field("hours", "Hours to look at", Kind.NUMBER, "Up to now.", example="24")
BASELINE = Field("baseline_days", "Days to compare with", Kind.NUMBER, "Before those hours.", example="7")
SIDE = '{"table": "sdf_current"}'
PERFORMANCE_CHECK = (
    Field("checks", "Checks", Kind.SEVERAL, "", CHECKS, default=list(performance_check.USUAL)),
    HOURS,
    BASELINE,
    Field(
        "operation_type",
        "Only operations of the type",
        Kind.CHOICE,
        "",
        tuple((str(value), str(label)) for value, label in OperationType.choices),
        rare=True,
    ),
    SOME_COUNTIES,
    Field("datasets", "Datasets", Kind.NAMES, "Separated by commas; empty: all.", rare=True),
    Field("year", "Year", Kind.WHOLE, "Empty: the newest.", rare=True),
    Field(
        "thresholds",
        "Thresholds",
        Kind.JSON,
        "By figure.",
        rare=True,
        example='{"disk.free_share": {"warn": 0.2, "critical": 0.1}}',
    ),
    Field("left", "Parity: one side", Kind.JSON, "A dataset reference or a table.", rare=True, example=SIDE),
    Field("right", "Parity: the other side", Kind.JSON, "As one side.", rare=True, example=SIDE),
    Field("key", "Parity: key columns", Kind.NAMES, "Separated by commas.", rare=True),
    Field("columns", "Parity: columns", Kind.NAMES, "Those to compare; empty: all.", rare=True),
    Field("partition", "Parity: partition by", help="A column.", rare=True),
)
