"""What the workers can do, as a model reads it: a line per action, as short as a planner can do with.

``process(download:Download, level?:strict|standard|permissive) -> Processed{label,dataset,…}  Read a roll file …``
"""

import json
from collections.abc import Collection, Iterable
from typing import Any

from operations.compression.relevance import Relevance
from operations.compression.words import terms
from operations.planning import guards
from operations.planning.wire import Action
from workers import registry, tokens

Json = dict[str, Any]
Actions = dict[Action, Json]  # what the manifests say of each

MOST_TOKENS = 1000  # of the actions for a goal in words
MOST_FIELDS = 12
MOST_WORDS = 140  # characters of a description
WORDS = {"string": "str", "integer": "int", "number": "num", "boolean": "bool", "object": "{}", "null": "null"}


def known() -> Actions:
    """All actions of the enabled workers whose manifests are known, in alphabetical order."""
    actions = {
        (name, action["name"]): action for name, row in registry.workers().items() for action in registry.actions(row)
    }
    return dict(sorted(actions.items()))


def of_plan(steps: Iterable[Json], actions: Actions) -> Actions:
    """The actions that a plan uses."""
    used = {(step["worker"], step["action"]) for step in steps}
    return {name: action for name, action in actions.items() if name in used}


def relevant(goal: str, actions: Actions, most: int = MOST_TOKENS) -> Actions:
    """The actions that have most to do with a goal in words, each with those that it cannot do without.

    As many as ``most`` tokens describe; all, where they do.
    """
    costs = {name: tokens.count(line) for name, line in zip(actions, text(actions).splitlines(), strict=True)}
    if sum(costs.values()) <= most:
        return actions
    chosen: set[Action] = set()
    for name in _ranked(goal, actions):
        together = _with_sources(name, actions) - chosen
        if sum(costs[other] for other in chosen | together) <= most:
            chosen |= together
    return {name: action for name, action in actions.items() if name in chosen}


def _ranked(goal: str, actions: Actions) -> list[Action]:
    """The most relevant first."""
    scores = Relevance([_terms(name, action) for name, action in actions.items()]).scores(terms(goal))
    return [name for _, name in sorted(zip(scores, actions, strict=True), key=lambda entry: (-entry[0], entry[1]))]


def _terms(name: Action, action: Json) -> list[str]:
    """The words of an action; its own name counts more than what its schemas say."""
    named = " ".join(name).replace("_", " ")
    return terms(f"{named} {named} {action['description']} {json.dumps(action).replace('_', ' ')}")


def _with_sources(name: Action, actions: Actions) -> set[Action]:
    """An action and those that it cannot do without, directly or not: they bring what it takes, or must precede it."""
    found, waiting = {name}, [name]
    while waiting:
        at_hand = waiting.pop()
        taken = _takes(actions[at_hand])
        sources = {other for other, action in actions.items() if _results(action) & taken}
        sources |= {guards.NEEDED[at_hand]} & actions.keys() if at_hand in guards.NEEDED else set()
        waiting += sources - found
        found |= sources
    return found


def names(actions: Iterable[Action]) -> dict[Action, str]:
    """What each action is called in a plan: its own name where no other worker has it, else ``worker.action``."""
    actions = list(actions)
    own = [action for _, action in actions]
    return {name: name[1] if own.count(name[1]) == 1 else ".".join(name) for name in actions}


def text(actions: Actions, *, whole: bool = True) -> str:
    """The lines of ``actions``: the same bytes for the same manifests.

    Where not the ``whole`` of the results is wanted, their fields that another of the actions takes.
    """
    called = names(actions)
    linked = None if whole else {name for action in actions.values() for name in parameters(action)}
    return "\n".join(f"{called[name]}{signature(action, linked)}" for name, action in actions.items())


def parameters(action: Json) -> Json:
    """The schemas of what an action takes, by name."""
    return action["parameters"].get("properties", {})


def signature(action: Json, linked: Collection[str] | None = None) -> str:
    """An action's parameters, the fields of its result (those in ``linked``, or all), and what it does."""
    schema = action["parameters"]
    needed = schema.get("required", [])
    taken = [
        f"{name}{'' if name in needed else '?'}:{_kind(kind, schema.get('$defs', {}))}"
        for name, kind in sorted(parameters(action).items(), key=lambda entry: entry[0] not in needed)
    ]
    return f"({','.join(taken)})->{_fields(action['result'], linked)} {_sentence(action['description'])}"


def _sentence(description: str) -> str:
    first = " ".join(description.partition("\n\n")[0].split())
    return first if len(first) <= MOST_WORDS else first[: MOST_WORDS - 1] + "…"


def _fields(result: Json, linked: Collection[str] | None, *, deep: bool = True) -> str:
    """A result's name and fields. Lists always, and of their elements the fields too, since steps go over them."""
    definitions = result.get("$defs", {})
    fields = [
        name + (_elements(kind, definitions, linked) if deep else "")
        for name, kind in result.get("properties", {}).items()
        if linked is None or name in linked or (deep and kind.get("type") == "array")
    ]
    more = ["…"] if len(fields) > MOST_FIELDS else []
    listed = ",".join(fields[:MOST_FIELDS] + more)
    return _title(result) + (f"{{{listed}}}" if listed else "")


def _elements(kind: Json, definitions: Json, linked: Collection[str] | None) -> str:
    if kind.get("type") != "array":
        return ""
    element = _followed(kind.get("items") or {}, definitions)
    return f":[{_fields(element, linked, deep=False)}]" if element.get("properties") else "[]"


def _followed(kind: Json, definitions: Json) -> Json:
    if "$ref" not in kind:
        return kind
    name = kind["$ref"].rpartition("/")[2]
    return {"title": name} | definitions.get(name, {})


def _kind(kind: Json, definitions: Json) -> str:
    if "$ref" in kind:
        return kind["$ref"].rpartition("/")[2]
    if "enum" in kind:
        return "|".join(str(value) for value in kind["enum"] if value != "")
    if choices := kind.get("anyOf") or kind.get("oneOf"):
        words = [_kind(choice, definitions) for choice in choices if choice.get("type") != "null"]
        return "|".join(dict.fromkeys(words))
    if kind.get("type") == "array":
        return f"[{_kind(kind.get('items') or {}, definitions)}]"
    named = kind.get("type")
    return WORDS.get(named, "any") if isinstance(named, str) else "any"


def _title(schema: Json) -> str:
    return str(schema.get("title", ""))[:40]


def _results(action: Json) -> set[str]:
    """The names of the types that an action brings: its result, and the elements of its lists."""
    schema = action["result"]
    listed = [kind.get("items") or {} for kind in schema.get("properties", {}).values() if kind.get("type") == "array"]
    return {_title(schema), *(_title(_followed(kind, schema.get("$defs", {}))) for kind in listed)} - {""}


def _takes(action: Json) -> set[str]:
    """The names of the types that an action takes."""
    return {_kind(kind, {}) for kind in parameters(action).values()}
