"""A field of the form: how its value is given, what was typed, and the value that this makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from operations.argument_forms.kinds import Kind, Texts
from operations.argument_forms.spelling import Unreadable, brief, read_json
from operations.evidence import REFERENCE
from operations.masking.hiding import tells
from operations.masking.sight import sight
from operations.values import in_short

ABSENT: Any = object()  # the value of what is left out
Path = tuple[str, ...]

VALUE, JSON, REFERENCED, NULL, LEFT_OUT, KEPT = "value", "json", "reference", "null", "out", "kept"


class Typed(Protocol):
    """What a browser sent: Django's QueryDict."""

    def __contains__(self, name: object) -> bool: ...
    def get(self, name: str, default: str, /) -> Any: ...
    def getlist(self, name: str) -> list[str]: ...


@dataclass
class Field:
    """One argument, or one part of an argument that is an object.

    ``mode`` says which of the ``modes`` (a word each, for people) gives the value: ``texts`` (or the ``parts`` of an
    object), ``json``, a ``reference``, null, nothing at all, or what is there already, too large to be typed.
    """

    path: Path
    name: str
    id: str
    label: str
    kind: Kind
    modes: Mapping[str, str]
    mode: str
    before: Any = ABSENT
    texts: Texts = field(default_factory=list)
    json: str = ""
    reference: str = ""
    resolves: str = ""
    help: str = ""
    hints: list[str] = field(default_factory=list)
    required: bool = False
    parts: list["Field"] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    was_shown: bool = False

    def take(self, typed: Typed) -> None:
        """Take over what was typed. What the browser does not send was not shown, and stays."""
        self.was_shown = all(self._name(what) in typed for what in self._inputs())
        if (mode := self._sent(typed, "as")) in self.modes:
            self.mode = mode
        self.json = self._sent(typed, "json", self.json)
        self.reference = self._sent(typed, "reference", self.reference).strip()
        if self.kind.name == "ticks" and self._name("shown") in typed:
            self.texts = typed.getlist(self._name("ticks"))
        elif self._name(self.kind.name) in typed:
            self.texts = [self._sent(typed, self.kind.name)]
        for part in self.parts:
            part.take(typed)

    def value(self) -> Any:
        """What the field gives, `ABSENT` where it is left out. What cannot be read is noted as a problem."""
        try:
            return self._value()
        except Unreadable as error:
            self.problems.append(str(error))
            return ABSENT

    def _value(self) -> Any:
        match self.mode:
            case "kept":
                return self.before
            case "out":
                return ABSENT
            case "null":
                return None
            case "reference":
                return self._read_reference()
            case "json":
                return read_json(self.json)
        return together(self.parts) if self.parts else self.kind.read(self.texts, self.before)

    def _read_reference(self) -> str:
        if not REFERENCE.fullmatch(self.reference) or self.reference.startswith("##"):
            raise Unreadable("Write a reference to an earlier step: #E1, or #E1.rows for a part of its result.")
        return self.reference

    def all(self) -> Iterator["Field"]:
        """The field and its parts, at any depth."""
        yield self
        for part in self.parts:
            yield from part.all()

    @property
    def is_group(self) -> bool:
        """Has it several inputs, so that a label is for none of them?"""
        return bool(self.parts) or self.kind.name == "ticks"

    @property
    def hint(self) -> str:
        """What is asked of the value, in words."""
        return ", ".join(self.hints)

    @property
    def is_tall(self) -> bool:
        return self.kind.name in ("long", "lines", "json")

    @property
    def rows(self) -> int:
        return _rows(self.texts[0] if self.texts else "")

    @property
    def json_rows(self) -> int:
        return _rows(self.json)

    @property
    def reference_before(self) -> str:
        """The reference that the value is now; empty if it is none."""
        before = self.before
        return before if isinstance(before, str) and REFERENCE.fullmatch(before) else ""

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """What there is to choose: as it is sent, in words, and whether it is chosen."""
        plain = self.kind.name == "ticks"
        sent = [(option if plain else brief(option), option) for option in self.kind.options]
        return [(text, _words(option), text in self.texts) for text, option in sent]

    @property
    def is_masked(self) -> bool:
        """Does it tell of a person, and may that not be seen now? What somebody typed himself comes back to him."""
        if self.was_shown or (self.parts and self.mode == VALUE):
            return False
        names = {self._field, self.reference_before.rpartition(".")[2]}
        return not sight().is_open and any(tells(value, name) for value in self._told() for name in names)

    @property
    def has_masked_parts(self) -> bool:
        """Is a part of it masked, so that the whole is not to be shown as JSON either?"""
        return any(part.is_masked or part.has_masked_parts for part in self.parts)

    @property
    def mark(self) -> str:
        """What stands in its place."""
        return "" if self.before is ABSENT else in_short(self.before, 400, self._field)

    @property
    def _field(self) -> str:
        return self.path[-1] if self.path else ""

    def _told(self) -> Iterator[Any]:
        """What its inputs would show: the value itself, what stands ready, and what a reference leads to."""
        yield None if self.before is ABSENT else self.before
        for text in (self.json, self.resolves, *self.texts):
            yield _read(text) if text else None

    def _inputs(self) -> list[str]:
        return ["json", self.kind.name] if JSON in self.modes else [self.kind.name]

    def _name(self, what: str) -> str:
        """The name of an input. It tells the kind, so that what was typed into another kind is not misread."""
        return f"{self.name} {what}"

    def _sent(self, typed: Typed, what: str, otherwise: str = "") -> str:
        return typed.get(self._name(what), otherwise)


def _read(text: str) -> Any:
    """What a text says, if that is JSON."""
    try:
        return read_json(text)
    except Unreadable:
        return text


def _rows(text: str) -> int:
    return min(max(text.count("\n") + 1, 2), 16)


def _words(option: Any) -> str:
    return (option or "(an empty text)") if isinstance(option, str) else brief(option)


def together(fields: list[Field]) -> dict[str, Any]:
    """The object that ``fields`` make."""
    values = {each.path[-1]: each.value() for each in fields}
    return {name: value for name, value in values.items() if value is not ABSENT}
