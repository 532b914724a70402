"""Making the fields of an action's arguments from its JSON Schema and the arguments as they are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from operations.argument_forms import hints
from operations.argument_forms.choosing import kind_of
from operations.argument_forms.fields import ABSENT, JSON, KEPT, LEFT_OUT, NULL, REFERENCED, VALUE, Field, Path
from operations.argument_forms.kinds import Kind, Texts
from operations.argument_forms.nodes import Node, node
from operations.argument_forms.spelling import Unreadable, brief, keepable, same, spelled
from operations.evidence import REFERENCE
from operations.showing import shortened

Json = dict[str, Any]
LARGEST = 20_000  # characters of a value that can be edited; what is larger can be kept or replaced
MOST_FIELDS = 100  # of one step
DEEPEST = 2  # objects inside the arguments that get fields of their own

Resolve = Callable[[str], Any]  # the value of a reference now; raises `EvidenceError`


@dataclass
class Making:
    """What the fields of one step have in common."""

    name: str
    id: str
    definitions: Json
    may_refer: bool
    resolved: Mapping[str, Any] = field(default_factory=dict)
    proposed: Mapping[str, Any] = field(default_factory=dict)
    made: int = 0

    def next_id(self) -> str:
        self.made += 1
        return f"{self.id}-{self.made}"


def step_fields(
    name: str,
    schema: Json | None,
    arguments: Any,
    *,
    id: str = "argument",
    may_refer: bool = True,
    resolved: Mapping[str, Any] | None = None,
    proposed: Mapping[str, Any] | None = None,
) -> list[Field]:
    """The fields of a step's ``arguments``: one by one, or a single one for all where there is no fitting schema.

    ``resolved`` has what references lead to now, ``proposed`` values for arguments that are not given; both only
    stand ready to be taken. The single field has an empty path.
    """
    known = schema if isinstance(schema, dict) else {}
    making = Making(name, id, known.get("$defs", {}), may_refer, resolved or {}, proposed or {})
    fields: list[Field] = []
    if schema is not None and isinstance(arguments, dict):
        fields = list(_parts(making, (), known, arguments))
    if not fields or making.made > MOST_FIELDS:
        return [_whole(making, arguments)] if arguments or schema is None else []
    return fields


def _whole(making: Making, arguments: Any) -> Field:
    return _field(making, (), Node({}, [{}], False), arguments, required=True)


def _parts(making: Making, path: Path, schema: Json, value: Json) -> Iterator[Field]:
    """A field for each property that there may be, and for each that is there although it may not."""
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    for name in [*properties, *(name for name in value if name not in properties)]:
        found = node(properties.get(name, schema.get("additionalProperties")), making.definitions)
        yield _field(making, (*path, name), found, value.get(name, ABSENT), required=name in required)


def _field(making: Making, path: Path, found: Node, value: Any, *, required: bool) -> Field:
    mode = _mode_of(value, found)
    made = Field(
        path=path,
        name="/".join([making.name, *(quote(part, safe="") for part in path)]),
        id=making.next_id(),
        label=path[-1] if path else "All arguments",
        kind=Kind("json"),
        modes={},
        mode=mode,
        before=value,
        required=required,
        help=str(found.schema.get("description", "")),
    )
    ready = _ready(making, path, found, value, mode)
    _give_kind(making, made, found, ready)
    if mode == REFERENCED:
        made.reference = value
        made.resolves = _told(making, value)
    made.json = made.json or (spelled(ready) if ready is not ABSENT else "")
    made.modes = _modes(making, made, found)
    made.hints = hints.of(found, made.kind)
    return made


def _mode_of(value: Any, found: Node) -> str:
    if value is ABSENT:
        return LEFT_OUT
    if value is None and found.nullable:
        return NULL
    if isinstance(value, str) and REFERENCE.fullmatch(value) and not value.startswith("##"):
        return REFERENCED
    return VALUE if keepable(value) and len(brief(value)) <= LARGEST else KEPT


def _ready(making: Making, path: Path, found: Node, value: Any, mode: str) -> Any:
    """The value that stands in the form: the one that is given, or one that might be."""
    if mode == VALUE:
        return value
    if mode == KEPT:
        return ABSENT
    candidates = [making.proposed.get(path[0], ABSENT) if len(path) == 1 else ABSENT]
    candidates.append(making.resolved.get(value, ABSENT) if isinstance(value, str) else ABSENT)
    candidates.append(found.schema.get("default", ABSENT))
    for each in candidates:
        if each is not ABSENT and each is not None and keepable(each) and len(brief(each)) <= LARGEST:
            return each
    return ABSENT


def _give_kind(making: Making, made: Field, found: Node, ready: Any) -> None:
    """The first kind in which ``ready`` reads back as it is; JSON can spell anything."""
    is_object = made.mode == VALUE and isinstance(ready, dict) and 0 < len(made.path) <= DEEPEST
    if is_object and (branch := _object_branch(found, ready)):
        made.kind = Kind("parts")
        made.parts = list(_parts(making, made.path, branch, ready))
        return
    for branch in found.branches:
        kind = kind_of(branch, making.definitions, ready)
        texts = _spelled_back(kind, ready)
        if texts is not None:
            made.kind, made.texts = kind, texts
            return
    made.texts = [spelled(ready)] if ready is not ABSENT else [""]


def _object_branch(found: Node, value: Json) -> Json | None:
    """The alternative that has most of what ``value`` has, of those with named properties."""
    objects = [branch for branch in found.branches if branch.get("properties")]
    return max(objects, key=lambda branch: len(value.keys() & branch["properties"].keys()), default=None)


def _spelled_back(kind: Kind, value: Any) -> Texts | None:
    """``value`` as texts of ``kind``, an empty one where it is not given; None if it would not read back as it is."""
    if value is ABSENT:
        return [] if kind.name == "ticks" else [""]
    try:
        texts = kind.spell(value)
        return texts if same(kind.read(texts, value), value) else None
    except (Unreadable, ValueError):
        return None


def _modes(making: Making, made: Field, found: Node) -> dict[str, str]:
    """In which ways the value may be given, and the words for each."""
    modes = {KEPT: f"as it is ({len(brief(made.before)):,} characters)"} if made.mode == KEPT else {}
    modes[VALUE] = "a value"
    if made.kind.name != "json" and (made.parts or len(found.branches) > 1):
        modes[JSON] = "a value, as JSON"
    if made.path and (making.may_refer or made.mode == REFERENCED):
        modes[REFERENCED] = "from an earlier step"
    if found.nullable:
        modes[NULL] = "nothing (null)"
    if made.path and (not made.required or made.mode == LEFT_OUT):
        modes[LEFT_OUT] = _left_out(found)
    return modes


def _left_out(found: Node) -> str:
    if "default" not in found.schema:
        return "left out"
    return f"left out (then {shortened(brief(found.schema['default']), 40)})"


def _told(making: Making, reference: str) -> str:
    return spelled(making.resolved[reference]) if reference in making.resolved else ""
