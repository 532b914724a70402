"""What an analyst's rule may say: its fields, and the kinds of check that there are. Nothing else is read."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from workers.data_quality.rule_sets import patterns

Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "matches", "blank", "filled"]
Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
DateForm = Literal["YYYY-MM-DD", "YYYY-MM", "YYYYMMDD", "MMDDYYYY", "MM/DD/YYYY"]

Column = Annotated[str, Field(min_length=1, max_length=63)]
Columns = Annotated[list[Column], Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=500)]
Scalar = Text | int | Annotated[float, Field(allow_inf_nan=False)]
Values = Annotated[list[Scalar], Field(min_length=1, max_length=1000)]
Share = Annotated[float, Field(gt=0, le=1)]
Tolerance = Annotated[float, Field(ge=0, le=1)]
Pattern = Annotated[Text, Field(min_length=1), AfterValidator(patterns.checked)]
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,47}$")]
RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{2,63}$")]
Row = Annotated[dict[Column, Scalar | bool | None], Field(max_length=200)]
Rows = Annotated[list[Row], Field(min_length=1, max_length=100)]


class Strict(BaseModel):
    """No field that nobody reads, and no value of another type than is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Condition(Strict):
    """What may hold of a row. ``in`` and ``not in`` take a list as ``value``, ``blank`` and ``filled`` nothing."""

    column: Column
    op: Op
    value: Scalar | Values | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        wants = {"in": "a list", "not in": "a list", "blank": "nothing", "filled": "nothing"}.get(self.op, "one value")
        has = "a list" if isinstance(self.value, list) else "nothing" if self.value is None else "one value"
        if has != wants:
            raise ValueError(f"value: {self.op!r} takes {wants}, not {has}")
        if self.op == "matches":
            patterns.checked(str(self.value))
        return self


Conditions = Annotated[list[Condition], Field(min_length=1, max_length=20)]


class AmongRows(Strict):
    """A check that may be about some rows only: those of which all conditions of ``where`` hold."""

    where: Annotated[list[Condition], Field(max_length=20)] = []


class Required(AmongRows):
    """No cell of the columns is blank."""

    kind: Literal["required"]
    columns: Columns


class Unique(AmongRows):
    """No two rows have the same cells in all of the columns; rows with a blank one are left out."""

    kind: Literal["unique"]
    columns: Columns


class InList(AmongRows):
    """A cell that is not blank is one of the values."""

    kind: Literal["in_list"]
    column: Column
    values: Values


class Matches(AmongRows):
    """All of a text cell that is not blank is of the pattern, a regular expression without look-around."""

    kind: Literal["pattern"]
    column: Column
    pattern: Pattern


class Range(AmongRows):
    """A number is at least ``least`` and at most ``most``."""

    kind: Literal["range"]
    column: Column
    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("least, most: give at least one of them")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("least: it is above most")
        return self


class Compare(AmongRows):
    """``left op right`` holds of two columns wherever both have a value."""

    kind: Literal["compare"]
    left: Column
    op: Comparison
    right: Column


class Sum(AmongRows):
    """The columns add up to the column ``equals``, give or take ``tolerance``; a blank cell adds nothing."""

    kind: Literal["sum"]
    columns: Columns
    equals: Column
    tolerance: Annotated[float, Field(ge=0)] = 0


class Date(AmongRows):
    """A cell that is not blank is a day, or a month, that exists, written in the given form."""

    kind: Literal["date"]
    column: Column
    form: DateForm


class Implies(Strict):
    """Where all of ``when`` holds, all of ``then`` holds. Comparing a blank cell breaks nothing: ask for ``filled``."""

    kind: Literal["implies"]
    when: Conditions
    then: Conditions


class ExistsIn(AmongRows):
    """The columns' cells stand together in a row of another dataset, there in ``other_columns`` or those alike."""

    kind: Literal["exists_in"]
    columns: Columns
    dataset: DatasetName
    other_columns: Columns | None = None

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if self.other_columns is not None and len(self.other_columns) != len(self.columns):
            raise ValueError("other_columns: give one for each of columns")
        return self


class Filled(AmongRows):
    """The column is filled in at least this share of the rows (0.95 is 95 %)."""

    kind: Literal["filled"]
    column: Column
    at_least: Share


class RowCount(Strict):
    """The number of rows is that of the county's last release, give or take a share (0.05 is 5 %)."""

    kind: Literal["row_count"]
    tolerance: Tolerance


class FillBaseline(Strict):
    """Each column (of these, or of all) is filled as in the county's own last release, less at most this share."""

    kind: Literal["fill_baseline"]
    tolerance: Tolerance = 0.05
    columns: Annotated[list[Column], Field(max_length=200)] = []


Check = Annotated[
    Required
    | Unique
    | InList
    | Matches
    | Range
    | Compare
    | Sum
    | Date
    | Implies
    | ExistsIn
    | Filled
    | RowCount
    | FillBaseline,
    Field(discriminator="kind"),
]


class Test(Strict):
    """Rows of which the rule holds (``keeps``), or which break it (``breaks``), and what they are compared with."""

    __test__ = False  # for pytest, which takes the name for its own

    keeps: Rows | None = None
    breaks: Rows | None = None
    others: dict[DatasetName, Rows] = {}
    last_rows: Annotated[int, Field(ge=1)] | None = None
    baseline: dict[Column, Annotated[float, Field(ge=0, le=1)]] | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.keeps is None) == (self.breaks is None):
            raise ValueError("keeps, breaks: give rows to one of them")
        return self


class RuleText(Strict):
    """One rule as it is written. ``key``: columns that name a row in an example. ``enabled``: of a file's rules."""

    name: RuleName
    dataset: DatasetName
    severity: Literal["error", "warning", "info"]
    level: Annotated[int, Field(ge=1, le=4)]
    basis: Annotated[str, Field(min_length=3, max_length=500)]
    check: Check
    key: Annotated[list[Column], Field(max_length=10)] = []
    stages: Annotated[list[Literal["S", "P", "F"]], Field(min_length=1)] = ["S", "P", "F"]
    enabled: bool = True
    tests: Annotated[list[Test], Field(max_length=50)] = []

    def content(self) -> dict[str, Any]:
        """What the rule is, whoever wrote it how: equal content is the same version."""
        return self.model_dump(mode="json", exclude={"enabled"})
