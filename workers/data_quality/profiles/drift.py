"""What is other in a profile than in the one before: columns, types, how far they are filled, how values lie."""

from collections.abc import Mapping

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.data_quality.profiles.distributions import stability
from workers.data_quality.profiles.fields import Distribution, Field

MEASURE = "population stability index, over the earlier profile's deciles, values or patterns"
SHIFTED = 0.25  # the index from which a distribution counts as another one: the usual threshold
FEWEST = 200  # filled cells on either side; with fewer, chance alone reaches the threshold
FILL = 0.05  # the difference of filled shares that counts


class Shift(TypedDict):
    """A column that is not what it was. ``what`` changed; ``before`` and ``after`` as words; the index where it was
    the distribution."""

    column: str
    what: str
    before: str
    after: str
    index: float | None


class Drift(TypedDict):
    """How a profile differs from ``against``, an earlier one. Columns are compared by their names in small letters."""

    against: str
    rows_before: int
    gone: list[str]
    new: list[str]
    shifts: list[Shift]
    measure: str
    threshold: float
    fill_threshold: float
    words: str


def between(
    before: Mapping[str, Field], after: Mapping[str, Field], indexes: Mapping[str, float], against: str
) -> Drift:
    """The drift of columns, by their names in small letters. ``indexes``: how far each one's distribution moved."""
    gone = [field["column"] for name, field in before.items() if name not in after]
    new = [field["column"] for name, field in after.items() if name not in before]
    both = [name for name in after if name in before]
    shifts = [shift for name in both for shift in _shifts(before[name], after[name], indexes.get(name))]
    return {
        "against": against,
        "rows_before": max((field["rows"] for field in before.values()), default=0),
        "gone": gone,
        "new": new,
        "shifts": shifts,
        "measure": MEASURE,
        "threshold": SHIFTED,
        "fill_threshold": FILL,
        "words": _words(gone, new, shifts),
    }


def index(before: Field, old: Distribution, after: Field, shares: list[float]) -> float | None:
    """How far the values moved; None where too few are there to tell."""
    if min(_filled(before), _filled(after)) < FEWEST:
        return None
    return stability(old["shares"], shares)


def _filled(field: Field) -> int:
    return field["rows"] - field["nulls"] - field["blanks"]


def _shifts(before: Field, after: Field, moved: float | None) -> list[Shift]:
    name = after["column"]
    found: list[Shift] = []
    for what, old, new in (
        ("type", before["stored"], after["stored"]),
        ("looks", _looks(before), _looks(after)),
    ):
        # A column without a value looks like nothing; that it is filled now is told as such.
        if old != new and "empty" not in (old, new):
            found.append({"column": name, "what": what, "before": old, "after": new, "index": None})
    if abs(before["filled"] - after["filled"]) >= FILL and before["rows"] and after["rows"]:
        old, new = f"{before['filled']:.1%}", f"{after['filled']:.1%}"
        found.append({"column": name, "what": "fill", "before": old, "after": new, "index": None})
    if moved is not None and moved >= SHIFTED:
        old, new = _middle(before), _middle(after)
        found.append({"column": name, "what": "distribution", "before": old, "after": new, "index": round(moved, 3)})
    return found


def _looks(field: Field) -> str:
    return f"{field['looks']} {field['format']}".strip()


def _middle(field: Field) -> str:
    """What is typical of the column: its median, else its most frequent value."""
    if "50%" in field["quantiles"]:
        return f"median {field['quantiles']['50%']:,.12g}"
    if not field["frequent"]:
        return "no value"
    first = field["frequent"][0]
    return f"most often {first['value']} ({first['share']:.0%})"


def _words(gone: list[str], new: list[str], shifts: list[Shift]) -> str:
    parts = [f"{word}: {', '.join(names)}" for word, names in (("gone", gone), ("new", new)) if names]
    parts += [f"{one['column']}: {one['what']} {one['before']}, now {one['after']}{_index(one)}" for one in shifts]
    return f"{'; '.join(parts)}." if parts else "Nothing drifted."


def _index(shift: Shift) -> str:
    return "" if shift["index"] is None else f" (index {shift['index']:.2f})"
