"""A worker for tests of the service and of its callers: small actions that behave well, badly, and slowly.

`python -m tests.workers.example_worker PORT` serves it in a process of its own.
"""

import sys
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workers.contract import Call, InvalidParameters, TryLater, Worker, action


class Echo(TypedDict):
    text: str
    step: str
    attempt: int


class Steps(TypedDict):
    done: int


class Blob(TypedDict):
    text: str


@action(read_only=True)
def echo(call: Call, text: Annotated[str, Field(max_length=2000)], times: int = 1) -> Echo:
    """Give the text back."""
    return {"text": text * times, "step": call.step, "attempt": call.attempt}


@action()
def count(call: Call, journal: str, to: int = 1, pause: float = 0) -> Steps:
    """Count in small steps, telling of each; write "start" and "end" into the journal, so that runs can be counted."""
    _note(journal, "start")
    for number in range(1, to + 1):
        call.progress(number, to, f"step {number}")
        call.cancelled.wait(pause)
    call.check()
    _note(journal, "end")
    return {"done": to}


@action()
def flaky(call: Call, journal: str, failures: int = 1) -> Steps:
    """Be busy the first times, by the journal, then succeed."""
    tries = len(_read(journal))
    _note(journal, "try")
    if tries < failures:
        raise TryLater("the source is busy", retry_after=7)
    return {"done": tries}


@action()
def crash(call: Call, text: str = "unforeseen") -> Steps:
    """Fail in a way that nobody foresaw."""
    raise RuntimeError(text)


@action()
def refuse(call: Call, county: str) -> Steps:
    """Refuse a value that only the function can judge."""
    raise InvalidParameters(f"counties: there is no county {county!r}", field="counties")


@action()
def deaf(call: Call, journal: str, seconds: float) -> Steps:
    """Work without ever looking whether to stop."""
    _note(journal, "start")
    time.sleep(seconds)
    _note(journal, "end")
    return {"done": 1}


@action()
def big(call: Call, size: int) -> Blob:
    """A result of about ``size`` bytes."""
    return {"text": "x" * size}


@action()
def judge(call: Call) -> Steps:
    """Say how sure it is, and which model calls it made."""
    call.confidence = 0.4
    call.usage.append({"model": "small", "input_tokens": 12, "output_tokens": 3})
    return {"done": 1}


def _note(journal: str, word: str) -> None:
    with Path(journal).open("a") as file:
        file.write(f"{word}\n")


def _read(journal: str) -> list[str]:
    return Path(journal).read_text().split() if Path(journal).exists() else []


worker = Worker("example", "1.0", [echo, count, flaky, crash, refuse, deaf, big, judge])

if __name__ == "__main__":
    import django

    django.setup()

    from workers.service.server import Server, listen

    Server(worker, listen("127.0.0.1", int(sys.argv[1]))).run()
