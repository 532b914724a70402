"""A worker for tests of the engine: actions that bring numbers, need people, and go wrong in every way."""

from pathlib import Path

from typing_extensions import TypedDict

from workers.contract import ActionError, Call, TryLater, Worker, action


class Numbers(TypedDict):
    numbers: list[int]


class Value(TypedDict):
    value: int


class Verdict(TypedDict):
    ok: bool
    value: int


class Text(TypedDict):
    text: str


@action(read_only=True)
def numbers(call: Call, upto: int = 3) -> Numbers:
    """The numbers from 1."""
    return {"numbers": list(range(1, upto + 1))}


@action(read_only=True)
def double(call: Call, value: int) -> Value:
    """Twice the value."""
    return {"value": value * 2}


@action(read_only=True)
def total(call: Call, values: list[Value]) -> Value:
    """The sum of the values."""
    return {"value": sum(value["value"] for value in values)}


@action(read_only=True)
def say(call: Call, text: str) -> Text:
    """Give a text back."""
    return {"text": text}


@action(read_only=True)
def judge(call: Call, value: int, limit: int = 4) -> Verdict:
    """Is the value within the limit?"""
    return {"ok": value <= limit, "value": value}


@action()
def count(call: Call, journal: str, to: int = 1, pause: float = 0) -> Value:
    """Count slowly, and note each beginning and end in a journal."""
    _note(journal, "start")
    for number in range(1, to + 1):
        call.progress(number, to, f"at {number}")
        call.cancelled.wait(pause)
    call.check()
    _note(journal, "end")
    return {"value": to}


@action(read_only=True)
def look(call: Call, journal: str, until: str = "") -> Numbers:
    """Look for numbers, until a file is there if one is named, and note the beginning and the end in a journal."""
    _note(journal, "start")
    try:
        while until and not Path(until).exists():
            call.progress(0, 1, f"waiting for {Path(until).name}")
            call.cancelled.wait(0.02)
    finally:
        _note(journal, "stopped" if call.cancelled.is_set() else "end")
    return {"numbers": [1, 2]}


@action()
def wait(call: Call, journal: str, until: str) -> Value:
    """Work until a file is there, and note the beginning and the end in a journal."""
    _note(journal, "start")
    while not Path(until).exists():
        call.progress(0, 1, f"waiting for {Path(until).name}")
        call.cancelled.wait(0.02)
    _note(journal, "end")
    return {"value": 1}


@action()
def shaky(call: Call, journal: str, failures: int) -> Value:
    """Fail the first times, as something that may work later."""
    _note(journal, "try")
    tries = len(read(journal))
    if tries <= failures:
        raise TryLater("the source is busy")
    return {"value": tries}


@action()
def refuse(call: Call, unless: str = "") -> Value:
    """Refuse, unless a file is there."""
    if not (unless and Path(unless).exists()):
        raise ActionError("NAL16P202501.csv has two columns too many: EXMPT_47, EXMPT_48", field="file")
    return {"value": 1}


@action(destructive=True)
def wipe(call: Call, journal: str, table: str) -> Value:
    """Remove a table."""
    _note(journal, table)
    return {"value": 1}


@action()
def unsure(call: Call) -> Value:
    """Answer without being sure, after asking a model."""
    call.confidence = 0.0
    call.usage.append({"purpose": "execution", "model": "small", "prompt_tokens": 100, "completion_tokens": 20})
    return {"value": 1}


@action()
def think(call: Call, tokens: int, model: str = "gpt-4.1-mini", fail: bool = False) -> Value:
    """Ask a model at some length, whether or not it comes to anything."""
    call.usage.append({"purpose": "planning", "model": model, "prompt_tokens": tokens, "completion_tokens": 0})
    if fail:
        raise ActionError("the model knows no answer")
    return {"value": tokens}


@action(read_only=True)
def consult(call: Call, question: str) -> Text:
    """Ask the language model."""
    messages = [{"role": "user", "content": question}]
    return {"text": call.ask(messages, max_tokens=100, timeout=10).text}


def _note(journal: str, word: str) -> None:
    with Path(journal).open("a") as file:
        file.write(f"{word}\n")


def read(journal: str) -> list[str]:
    return Path(journal).read_text().split() if Path(journal).exists() else []


ACTIONS = [numbers, double, total, say, judge, count, look, wait, shaky, refuse, wipe, unsure, think, consult]
worker = Worker("plant", "1.0", ACTIONS)
