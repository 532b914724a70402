"""The scripted model: it reads the prompt it gets, whatever planner wrote it, and always decides the same.

What differs between the ways of planning is then only what they cost: calls, tokens and time.
"""

import json
import re
from typing import Any

from operations.comparison.model_server import Reply
from operations.comparison.samples import decisions, rounds, sample
from operations.models import Operation
from operations.planning import placeholders, rules, wire
from operations.states import OperationType

Json = dict[str, Any]

TYPED = re.compile(rf"\b({'|'.join(OperationType.values)})\b\s*(?=\{{)")
ACTED = re.compile(r"^Action:", re.MULTILINE)

# As long as the recorded thoughts of a real model: 25 tokens in the mean.
FIRST = (
    "The request names what is wanted. Nothing is known yet, so the first thing to do is to {} with these arguments."
)
NEXT = "The last observation has what the next step needs and reports nothing missing, so now I {} what came of it."
LAST = "Everything that was asked for has been done, and the last observation shows that the results are complete."


def decide(request: Json) -> Reply:
    """The reply to a chat completion request in any of the shapes that the planners use."""
    system, user = _text(request, "system"), _text(request, "user")
    steps = _asked(user)
    if request.get("tools"):
        return _call_tools(request, steps)
    match (request.get("response_format") or {}).get("json_schema", {}).get("name"):
        case "plan":
            return Reply(text=_compact({"steps": wire.write(_shortened(steps), _names(steps))}))
        case "verdict":
            return Reply(text=_compact({"verdict": "accept", "reasons": []}))
    return Reply(text=_act(user, steps) if "Observation" in user or "observation" in system else "")


def _text(request: Json, role: str) -> str:
    return "\n".join(str(message["content"]) for message in request["messages"] if message["role"] == role)


def _asked(text: str) -> list[Json]:
    """The steps that do what the prompt's operation asks for, with its placeholders where it has some."""
    found = TYPED.search(text)
    if found is None:
        return []
    parameters, _ = json.JSONDecoder().raw_decode(text, found.end())
    if any(value == f"${name}" for name, value in parameters.items()):
        return _with_placeholders(found[1])
    return decisions(found[1], parameters)


def _with_placeholders(operation_type: str) -> list[Json]:
    """The steps of the type's sample operation, with the names of its parameters in place of their values."""
    parameters = sample(operation_type)[0]
    given = rules.asked(Operation(operation_type=operation_type, parameters=parameters))
    return [
        step | {"arguments": placeholders.abstract(step.get("arguments", {}), given)}
        for step in decisions(operation_type, parameters)
    ]


def _shortened(steps: list[Json]) -> list[Json]:
    """The steps without the parameters that are passed on anyway, as the prompt asks."""
    return [
        step | {"arguments": {name: value for name, value in step["arguments"].items() if value != f"${name}"}}
        for step in steps
    ]


def _names(steps: list[Json]) -> dict[wire.Action, str]:
    return {(step["worker"], step["action"]): step["action"] for step in steps}


# --- step by step ---


def _act(user: str, steps: list[Json]) -> str:
    done = len(ACTED.findall(user))
    if done >= len(steps):
        return f"Thought: {LAST}\nAction: {_compact({'action': 'finish'})}"
    step = steps[done]
    thought = (NEXT if done else FIRST).format(step["action"].replace("_", " "))
    action: Json = {"action": step["action"]}
    return f"Thought: {thought}\nAction: {_compact(action | _arguments(step))}"


def _arguments(step: Json) -> Json:
    given = {"for_each": step["for_each"]} if "for_each" in step else {}
    return {**given, "arguments": step.get("arguments", {})}


def _call_tools(request: Json, steps: list[Json]) -> Reply:
    groups = rounds(steps)
    done = sum(bool(message.get("tool_calls")) for message in request["messages"])
    if done >= len(groups):
        return Reply(text="done")
    calls = [
        {"name": f"{step['worker']}__{step['action']}", "arguments": _compact(_flat(step))} for step in groups[done]
    ]
    return Reply(tool_calls=calls)


def _flat(step: Json) -> Json:
    given = {"for_each": step["for_each"]} if "for_each" in step else {}
    return {**step.get("arguments", {}), **given}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
