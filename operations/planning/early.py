"""Beginning while the model still writes: steps that only read and need no other step are called at once.

A call begun early has the key that its step will have. When the plan runs, the same call is made with the same key, and
the worker joins the two: nothing is handed over in memory, so nothing is lost with this process. Should the plan
turn out otherwise, the call is withdrawn; it changed nothing.
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import jiter

from operations import requests
from operations.evidence import references, resolve
from operations.models import Claim, Operation, Step
from operations.planning import arguments, conformance, drafts, placeholders, wire
from operations.planning.prompt import Question
from workers import client, registry, tracing

Json = dict[str, Any]

MOST = 4
MOST_TEXT = 64 * 1024  # characters of an answer that are read along


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST, thread_name_prefix="early")


class EarlyCalls:
    """The calls begun while one answer came."""

    def __init__(self, question: Question, claim: Claim):
        self.question = question
        self.claim = claim
        self.begun: dict[str, Future[client.Outcome]] = {}  # by the key of the call
        self._text = ""
        self._read = 0

    def hear(self, piece: str) -> None:
        """Take the next piece of the answer, and begin what it completes."""
        self._text += piece
        if '"' not in piece or len(self._text) > MOST_TEXT:
            return
        for line in _complete_lines(self._text)[self._read :]:
            self._read += 1
            if len(self.begun) < MOST and (request := self._request(line)) and request.key not in self.begun:
                self.begun[request.key] = _threads().submit(tracing.carried(client.start), request)

    def _request(self, line: Any) -> client.Request | None:
        """The call that a line stands for; None if it has to wait for the plan."""
        try:
            written = wire.read_line(line, self.question.readable)
            planned = placeholders.fill(drafts.complete(self.question, written), self.question.given)
        except (wire.Unreadable, KeyError):
            return None
        if not self._stands_alone(planned):
            return None
        step = _step(self.question.operation, planned)
        return requests.request(self.question.operation, self.claim, step, _given(planned))

    def _stands_alone(self, planned: Json) -> bool:
        """Does the step only read, need no other one, fit its action, and belong to what was asked for?"""
        waits = "for_each" in planned or planned.get("depends_on") or any(references(planned["arguments"]))
        if waits or arguments.problems(planned["worker"], planned["action"], planned["arguments"]):
            return False
        action = registry.action(planned["worker"], planned["action"])
        if action is None or not action["read_only"] or action["destructive"] or registry.closed_at(planned["worker"]):
            return False
        template = self.question.template
        return not template or conformance.is_foreseen(planned, template)

    def settle(self, steps: Iterable[Json] = ()) -> None:
        """Withdraw what the plan of ``steps`` does not repeat."""
        operation = self.question.operation
        repeated = {_step(operation, step).call_key(_given(step)) for step in steps if not any(references(step))}
        for key in self.begun.keys() - repeated:
            requests.let_go(self.begun.pop(key))


def _step(operation: Operation, planned: Json) -> Step:
    return Step(operation=operation, step_id=planned["id"], worker=planned["worker"], action=planned["action"])


def _given(planned: Json) -> Json:
    """The arguments of a step without references, as the executor will send them."""
    return resolve(planned.get("arguments", {}), lambda name: None)


def _complete_lines(text: str) -> list[Any]:
    """The lines of an unfinished answer that are complete."""
    try:
        answer = jiter.from_json(text.encode(), partial_mode=True)
    except ValueError:
        return []
    lines = answer.get("steps") if isinstance(answer, dict) else None
    return lines if isinstance(lines, list) else []
