"""Looking for values inside an operation's parameters and metadata: `parameters.counties=Broward metadata.team="a b"`.

Names become key lookups and values become parameters of the statement; nothing that was typed becomes SQL.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, Func, Q

MOST = 10  # conditions
HOW = 'Write parameters.name=value or metadata.name=value, a text with spaces in quotes: parameters.note="two words".'

CONDITION = re.compile(
    r"""(?<!\S) (?P<field>parameters|metadata) (?P<path>(?:\.[\w-]{1,80}){1,8})
        = (?P<value>"[^"]*"|[^\s"]+) (?=\s|$)""",
    re.X,
)
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?", re.A)
WORDS = {"true": True, "false": False, "null": None}


class BadValues(ValueError):
    """The text is no list of conditions; it says where, and what to write."""


@dataclass(frozen=True)
class Condition:
    """One value that has to be there: at ``path`` of ``field``, itself or as an entry of a list."""

    field: str
    path: tuple[str, ...]
    values: tuple[Any, ...]  # what the text may mean: 2025 is the number or the text
    text: str

    def lookup(self, operation: str = "") -> Q:
        """As a filter of operations; with ``operation`` ("operation__"), of rows that lead to one."""
        found = Q()
        for value in self.values:
            found |= Q(Holds(f"{operation}{self.field}", self.path, value))
        return found


def conditions(text: str) -> list[Condition]:
    """What ``text`` asks for; all of it has to hold. Raises `BadValues`."""
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = CONDITION.match(text, at)
        if match is None:
            raise BadValues(f"“{text[at : at + 40]}” is not understood. {HOW}")
        found.append(_condition(match))
        at = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
    if len(found) > MOST:
        raise BadValues(f"These are {len(found)} conditions; at most {MOST} can be asked for at once.")
    return found


def among(text: str) -> tuple[list[Condition], str]:
    """The conditions in ``text``, at most so many, and what else is in it."""
    return [_condition(match) for match in CONDITION.finditer(text)][:MOST], CONDITION.sub(" ", text)


def _condition(match: re.Match[str]) -> Condition:
    return Condition(match["field"], tuple(match["path"][1:].split(".")), _meanings(match["value"]), match[0])


def _meanings(text: str) -> tuple[Any, ...]:
    """What was typed as a value: in quotes a text; a number, true, false or null is also the text of it."""
    if text.startswith('"'):
        return (text[1:-1],)
    if text in WORDS:
        return (WORDS[text], text)
    if NUMBER.fullmatch(text):
        return (float(text) if "." in text else int(text), text)
    return (text,)


class Holds(Func):
    """Is ``value`` (a text, number, truth or None) at ``path`` of a JSON column, or an entry of the list there?"""

    output_field = BooleanField()

    def __init__(self, column: str, path: tuple[str, ...], value: Any) -> None:
        super().__init__(F(column))
        self.path, self.value = path, value

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, given = compiler.compile(self.source_expressions[0])
        return f"(({column}) #> %s) @> %s::jsonb", [*given, list(self.path), json.dumps(self.value)]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, given = compiler.compile(self.source_expressions[0])
        path = "$" + "".join(f"[{int(key)}]" if key.isdecimal() else f".{json.dumps(key)}" for key in self.path)
        is_value, values = _in_sqlite(self.value)
        # json_each goes through the entries of a list; of anything but a list or an object it gives the value itself.
        sql = (
            f"(json_type({column}, %s) <> 'object' AND EXISTS (SELECT 1 FROM json_each({column}, %s) WHERE {is_value}))"  # noqa: S608
        )
        return sql, [*given, path, *given, path, *values]


def _in_sqlite(value: Any) -> tuple[str, list[Any]]:
    """The condition on a row of json_each, and its parameters."""
    if value is None or isinstance(value, bool):
        return "type = %s", [json.dumps(value)]
    kinds = "('text')" if isinstance(value, str) else "('integer', 'real')"
    return f"type IN {kinds} AND atom = %s", [value]
