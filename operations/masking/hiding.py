"""Hides what tells of a person in JSON and in texts, unless who looks may see it at this moment."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from operations.masking.marks import mark
from operations.masking.sight import Sight, sight
from workers.personal import SHAPES, Kind, kind_of

NODES = 20_000  # values of one that are looked at; a page shows fewer
LONGEST = 40_000  # characters of a text
DEEPEST = 100  # objects and lists in each other
SHORTEST, MOST_KNOWN = 5, 400  # of the values that are looked for in texts
MAY_HAVE_SHAPE = re.compile(r"[@\d]|BOX", re.IGNORECASE)

# Strings that stand in such fields and are nobody's: names of columns and files, kinds of rolls, and what is masked.
_IDENTIFIER = re.compile(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+|[\w.-]+\.(?:csv|zip|txt|parquet|json|ya?ml|gz)")
_NOBODY = re.compile(r"NAL|NAP|SDF|NAV[ND]?|blank|\([\d,]+ characters\)|#(?:E\d+(?:\[\d+\])?|item)(?:\.[\w$]+)*")
_IDS = re.compile(r"(?i)(^|_)(id|ids|key|keys|no|number|folio|parcel|account)$")
_WORD, _LEADING = re.compile(r"\w+"), re.compile(r"^\W+")
_LETTER = re.compile(r"[^\W\d_]")
_IN_WORDS = re.compile(r"[^\W\d_]{3}.* |  *[^\W\d_]{3}")  # a key that is more than a number
# Objects whose keys are columns and whose values say something of the columns.
_ABOUT_COLUMNS = frozenset({"schema", "mapping", "columns", "types", "labels"})
_VALUES = frozenset(["value", "values", "old", "new", "was", "before", "after"])  # beside a `field` that says of what
_SIDES = frozenset({"left", "right"})


def hidden(value: Any, field: str = "", limit: int = NODES) -> Any:
    """``value`` (of ``field``, if it has a name) with marks in place of what tells of a person."""
    know(value)
    return _Hiding(sight(), limit).of(value, field, kind_of(field))


def record(value: Any) -> Any:
    """A record that is held against another: of somebody, whatever its columns are called."""
    return _Hiding(sight()).party(value) if isinstance(value, Mapping) else hidden(value)


def personal(value: Any, field: str) -> Any:
    """A single value of ``field``, or the mark that stands for it."""
    kind = kind_of(field)
    return _leaf(sight(), value, kind) if kind else value


def text(words: Any) -> str:
    """Free ``words`` without what has the shape of such a value, and without those that are known of on the page."""
    return _text(sight(), str(words))


def tells(value: Any, field: str = "", seen: set[str] | None = None) -> bool:
    """Is there anything in ``value`` that tells of a person? What kinds of things that is, is put into ``seen``."""
    eyes = Sight(known=set(sight().known), hidden=set() if seen is None else seen)
    _Hiding(eyes).of(value, field, kind_of(field))
    return bool(eyes.hidden)


def know(*values: Any) -> None:
    """Remember what ``values`` tell of people, so that it is hidden in texts on the page as well."""
    eyes = sight()
    for value in values:
        if len(eyes.known) < MOST_KNOWN and isinstance(value, Mapping | list):
            _Hiding(Sight(known=eyes.known)).of(value, "", None)


class _Hiding:
    """Goes through one value. What comes after very many values is left out: no page shows it."""

    def __init__(self, eyes: Sight, limit: int = NODES):
        self.eyes = eyes
        self.left = limit
        self.depth = 0

    def of(self, value: Any, field: str, kind: Kind | None) -> Any:
        """``value``, which stands in ``field`` or in a list there, and tells ``kind`` as far as that is known."""
        self.left -= 1
        if isinstance(value, Mapping | list):
            return self._inside(value, field, kind)
        if kind:
            return _leaf(self.eyes, value, kind)
        return _text(self.eyes, value) if isinstance(value, str) and not _IDS.search(field) else value

    def _inside(self, value: Any, field: str, kind: Kind | None) -> Any:
        if self.depth > DEEPEST:
            return "…"
        self.depth += 1
        try:
            if isinstance(value, Mapping):
                return self._object(value, field, kind)
            return [self.of(part, field, kind) if self.left > 0 else None for part in value]
        finally:
            self.depth -= 1

    def _object(self, given: Mapping[Any, Any], field: str, kind: Kind | None) -> Any:
        if field.lower() in _ABOUT_COLUMNS and all(isinstance(part, str) for part in given.values()):
            return given
        told, made = _told_beside(given), {}
        for name, part in given.items():
            if self.left <= 0:
                break
            key = _text(self.eyes, name) if isinstance(name, str) else name
            own = None if _names_a_thing(given, name, part) else _kind(str(name), field, told)
            made[key] = self._part(given, str(name), part, own or kind)
        return made

    def _part(self, given: Mapping[Any, Any], name: str, part: Any, kind: Kind | None) -> Any:
        if name == "rows" and _is_table(given):
            return [self._row(given["columns"], row) if self.left > 0 else None for row in part]
        if name in _SIDES and f"{name}_key" in given and isinstance(part, Mapping):
            return self.party(part)
        return self.of(part, name, kind)

    def party(self, record: Mapping[Any, Any]) -> Any:
        """A record of somebody, whatever its columns are called."""
        named = {str(column): cell for column, cell in record.items()}
        kinds = {name: kind_of(name) or (None if _is_code(name, cell) else Kind.NAME) for name, cell in named.items()}
        return {name: self.of(cell, name, kinds[name]) for name, cell in named.items()}

    def _row(self, columns: list[Any], row: list[Any]) -> list[Any]:
        """Cells that are named by the columns beside their rows."""
        names = [str(column) for column in columns]
        return [self.of(cell, name, kind_of(name)) for cell, name in zip(row, names, strict=False)]


def _kind(name: str, within: str, told: Kind | None) -> Kind | None:
    return told if told and name in _VALUES else kind_of(name, within)


def _is_code(name: str, cell: Any) -> bool:
    """An id, or a letter or two such as a status: nobody's name."""
    return bool(_IDS.search(name)) or (isinstance(cell, str) and len(cell) < 3)


def _names_a_thing(given: Mapping[Any, Any], name: Any, part: Any) -> bool:
    """A small word under ``name``, with no address or number of anybody beside it: "processor", "discover"."""
    is_word = name == "name" and isinstance(part, str) and part.isalpha() and part.islower()
    return is_word and not any(kind_of(str(other)) for other in given if other != "name")


def _told_beside(given: Mapping[Any, Any]) -> Kind | None:
    """What the values of ``{"field": "own_name", "value": …}`` tell."""
    named = (given.get("field"), given.get("column"))
    return next((kind for name in named if isinstance(name, str) and (kind := kind_of(name))), None)


def _is_table(given: Mapping[Any, Any]) -> bool:
    columns, rows = given.get("columns"), given.get("rows")
    return isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows[:NODES])


def _leaf(eyes: Sight, value: Any, kind: Kind) -> Any:
    """A value that tells of a person, if it is one that can."""
    if isinstance(value, str):
        if not value.strip() or _is_nobodys(value, kind):
            return value
        for words in value.split(" | ") if kind == Kind.KEY else [value]:
            _remember(eyes, words.strip(), kind)
    elif value is None or isinstance(value, bool) or kind not in (Kind.NUMBER, Kind.PHONE):
        return value
    return _shown(eyes, kind, value)


def _remember(eyes: Sight, value: str, kind: Kind) -> None:
    """For texts: but for whole rows, cities and states, of which many others are."""
    is_place = kind == Kind.ADDRESS and not any(letter.isdigit() for letter in value)
    value = _LEADING.sub("", value)
    if SHORTEST <= len(value) <= 200 and len(eyes.known) < MOST_KNOWN and not is_place and kind != Kind.RECORD:
        eyes.known.add(value)


def _is_nobodys(value: str, kind: Kind) -> bool:
    if kind == Kind.KEY:
        return not _IN_WORDS.search(value)
    if kind == Kind.NAME and (_IDENTIFIER.fullmatch(value) or not _LETTER.search(value)):
        return True
    return bool(_NOBODY.fullmatch(value))


def _shown(eyes: Sight, kind: Kind, value: Any) -> Any:
    """The mark, or the value itself where it may be seen; either is noted."""
    (eyes.seen if eyes.is_open else eyes.hidden).add(str(kind))
    return value if eyes.is_open else mark(kind, value)


def _text(eyes: Sight, words: str) -> str:
    if len(words) > LONGEST:
        words = f"{words[:LONGEST]}… ({len(words) - LONGEST:,} more characters)"
    if len(words) >= SHORTEST and eyes.known:
        words = "".join(_without_known(eyes, words))
    return _shapeless(eyes, words) if MAY_HAVE_SHAPE.search(words) else words


def _without_known(eyes: Sight, words: str) -> Iterator[str]:
    """The pieces of ``words``, with marks in place of what is known, compared where a word begins it."""
    index, end = eyes.by_first_word(), 0
    for word in _WORD.finditer(words):
        if word.start() < end:
            continue
        for value in index.get(word[0].casefold(), ()):
            found = words[word.start() : word.start() + len(value)]
            if found.casefold() == value.casefold() and not words[word.start() + len(value) :][:1].isalnum():
                yield words[end : word.start()]
                yield str(_shown(eyes, Kind.NAME, found))
                end = word.start() + len(value)
                break
    yield words[end:]


def _shapeless(eyes: Sight, words: str) -> str:
    for shape, kind in SHAPES:
        words = shape.sub(lambda found, kind=kind: str(_shown(eyes, kind, found[0])), words)  # type: ignore[misc]
    return words
