"""How surely a column means another: a score in [0, 1] of name, type and content, and the reason in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from workers.data_quality.mapping import contents
from workers.data_quality.mapping.names import CUT_OFF, SAME, SAME_WORDS, Names
from workers.data_quality.mapping.sides import Known
from workers.roll_columns import Kind

_CONTENT_WEIGHT = 0.25
_CONTENT_ALONE = 0.7  # what content makes at most where the names have nothing in common
_OTHER_TYPE = 0.6
_NUMBERS = {Kind.MONEY, Kind.SIGNED, Kind.INTEGER, Kind.DECIMAL, Kind.YEAR}
_FITS = 0.95  # the share of values that have to fit


@dataclass(frozen=True)
class Score:
    """How surely two columns are one, and what that is made of; ``content`` is None where there is nothing to see."""

    value: float
    name: float
    fits: bool
    content: float | None

    @property
    def reason(self) -> str:
        said = [_said_of_name(self.name)]
        if not self.fits:
            said.append("the values are of another type")
        if self.content is not None:
            said.append(f"the contents are {_said_of_content(self.content)} ({self.content:.2f})")
        return ", ".join(said)


def scores(sources: Sequence[Known], targets: Sequence[Known]) -> list[list[Score]]:
    """Each source column against each target column."""
    names = Names([one.name for one in sources], [one.name for one in targets])
    return [
        [_score(names.likeness(a, b), source, target) for b, target in zip(names.targets, targets, strict=True)]
        for a, source in zip(names.sources, sources, strict=True)
    ]


def _score(name: float, source: Known, target: Known) -> Score:
    fits = _fits(source, target) and _fits(target, source)
    content = None
    if source.content and target.content:
        content = contents.likeness(source.content, target.content)
    value = name
    if content is not None and name < SAME:
        mixed = (1 - _CONTENT_WEIGHT) * name + _CONTENT_WEIGHT * content
        value = max(mixed, _CONTENT_ALONE * content * content)
    return Score(round(value if fits else value * _OTHER_TYPE, 4), name, fits, content)


def _fits(one: Known, other: Known) -> bool:
    """Could what is in ``one`` be kept in ``other``?"""
    content = one.content
    if content is None or not content.filled:
        return True
    if other.column:
        is_number = other.column.kind in _NUMBERS
        negative = content.negative and is_number and other.column.kind != Kind.SIGNED
        return content.longest <= 2 * other.column.width and not negative and (not is_number or _is_numeric(content))
    return other.kind not in ("integer", "real") or _is_numeric(content)


def _is_numeric(content: contents.Content) -> bool:
    return content.numeric >= _FITS


def _said_of_name(name: float) -> str:
    if name >= SAME:
        return "the names are the same"
    if name >= SAME_WORDS:
        return "the names are the same words"
    if name == CUT_OFF:
        return "the name is the beginning of the other"
    if name >= 0.5:
        return f"the names are alike ({name:.2f})"
    return f"the names are little alike ({name:.2f})"


def _said_of_content(content: float) -> str:
    if content >= 0.7:
        return "alike"
    return "somewhat alike" if content >= 0.4 else "little alike"
