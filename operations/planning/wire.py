"""How a model writes a plan: a line per step, as terse as it can be read back.

``E4=validate(dataset=#item.dataset,rules="owner") each #E3 after E2`` is a step E4 that calls the action ``validate``
for each element of what E3 brings, once E2 is done. A value is JSON, a reference (``#E1.files``, ``#item``) or a
parameter of the operation (``$counties``). Texts may stand in single quotes, which need no escapes where the lines
are JSON themselves. Measured for the six steps that load rolls: 116 tokens; as JSON objects with an arguments string
199, with a list of names and values 237.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]
Action = tuple[str, str]  # worker, action

MAX_LINES = 100
MAX_LINE = 4000  # characters
SCHEMA: Json = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"type": "string"}}},
    "required": ["steps"],
    "additionalProperties": False,
}

_HEAD = re.compile(r"\s*(E[0-9]{1,4})\s*=\s*([\w.]{1,130})\(")
_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*[=:]\s*")
_QUOTED, _REFERENCE = r'"(?:[^"\\]|\\.)*"', r"[#$]#?[A-Za-z_]\w*(?:\[\d+\])?(?:\.[\w$]+)*"
_BARE = re.compile(rf"({_QUOTED})|({_REFERENCE})|'((?:[^'\\]|\\.)*)'")
_STEP = r'"?#?E\d+"?'
_TAIL = re.compile(rf"\s*(?:each\s+(?P<each>.+?))?\s*(?:after\s+(?P<after>{_STEP}(?:\s*,\s*{_STEP})*))?\s*")
_json = json.JSONDecoder()


class Unreadable(Exception):
    """A line is no step; the text says where it stops being one."""


def read(lines: Iterable[Any], actions: Mapping[str, Action]) -> tuple[list[Json], list[str]]:
    """The steps that ``lines`` say, and a sentence for each line that cannot be read."""
    steps, problems = [], []
    for number, line in enumerate(lines, 1):
        if number > MAX_LINES:
            problems.append(f"There are more than {MAX_LINES} lines.")
            break
        try:
            steps.append(read_line(line, actions))
        except Unreadable as error:
            problems.append(f"Line {number}: {error}.")
    return steps, problems


def read_line(line: Any, actions: Mapping[str, Action]) -> Json:
    """The step that one line says. ``actions``: those that may be named, with or without their worker."""
    if not isinstance(line, str) or len(line) > MAX_LINE:
        raise Unreadable(f"a step is a text of at most {MAX_LINE} characters")
    quoted = _BARE.sub(_as_json, line)
    head = _HEAD.match(quoted)
    if head is None:
        raise Unreadable(f"{line[:60]!r} does not begin as E1=action(")
    if head[2] not in actions:
        raise Unreadable(f"{head[1]}: there is no action {head[2]!r} here")
    arguments, end = _arguments(quoted, head.end(), head[1])
    worker, action = actions[head[2]]
    return {"id": head[1], "worker": worker, "action": action, "arguments": arguments} | _tail(quoted[end:], head[1])


def _as_json(match: re.Match[str]) -> str:
    """A text in double quotes as it is; a reference, a parameter, or a text in single quotes as one in double ones."""
    return match[1] or json.dumps(match[2] or match[3].replace("\\'", "'"))


def _arguments(text: str, at: int, step: str) -> tuple[Json, int]:
    """The arguments from ``at`` on, and where their bracket is closed."""
    arguments: Json = {}
    while not (closing := re.compile(r"\s*\)").match(text, at)):
        name = _NAME.match(text, at)
        if name is None:
            raise Unreadable(f"{step}: {text[at : at + 40]!r} is not name=value")
        if name[1] in arguments:
            raise Unreadable(f"{step}: {name[1]} is given twice")
        arguments[name[1]], at = _value(text, name.end(), f"{step}: {name[1]}")
        if comma := re.compile(r"\s*,").match(text, at):
            at = comma.end()
        elif not re.compile(r"\s*\)").match(text, at):
            raise Unreadable(f"{step}: after {name[1]} there is neither a comma nor a closing bracket")
    return arguments, closing.end()


def _value(text: str, at: int, where: str) -> tuple[Any, int]:
    try:
        return _json.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise Unreadable(f"{where}: {text[at : at + 40]!r} is neither JSON nor a reference") from None


def _tail(text: str, step: str) -> Json:
    """What follows the call: the list that it goes over, and the steps that it waits for."""
    match = _TAIL.fullmatch(text)
    if match is None:
        raise Unreadable(f"{step}: {text.strip()[:40]!r} is neither each LIST nor after E1,E2")
    tail: Json = {}
    if match["each"]:
        tail["for_each"], end = _value(match["each"], 0, f"{step}: each")
        if match["each"][end:].strip() or not isinstance(tail["for_each"], str | list):
            raise Unreadable(f"{step}: each needs a list or a reference to one")
    if match["after"]:
        tail["depends_on"] = [name.strip(' #"') for name in match["after"].split(",")]
    return tail


def write(steps: Iterable[Json], names: Mapping[Action, str]) -> list[str]:
    """``steps`` as lines; `read` gives the same steps. ``names``: what each action is called."""
    return [_line(step, names[step["worker"], step["action"]]) for step in steps]


def _line(step: Json, name: str) -> str:
    arguments = ",".join(f"{key}={_written(value)}" for key, value in step.get("arguments", {}).items())
    each = f" each {_written(step['for_each'])}" if "for_each" in step else ""
    after = f" after {','.join(step['depends_on'])}" if step.get("depends_on") else ""
    return f"{step['id']}={name}({arguments}){each}{after}"


def _written(value: Any) -> str:
    """A value as JSON, with single quotes where that needs no escapes; a reference or a parameter stands bare."""
    if isinstance(value, str) and (bare := _BARE.fullmatch(value)) and bare[2]:
        return value
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if "'" in text or "\\" in text else text.replace('"', "'")
