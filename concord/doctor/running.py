"""Runs the checks side by side, and waits for none of them longer than its time."""

import threading
import time
from collections.abc import Sequence

from django.db import connections

from concord.doctor.finding import Check, Finding, error
from concord.doctor.secrecy import masked

SECONDS = 5.0


def findings(checks: Sequence[Check], seconds: float = SECONDS) -> list[Finding]:
    """What the checks found, in their order, after at most ``seconds``; who has not answered by then has an error."""
    answers: dict[int, list[Finding]] = {}

    def run(number: int, check: Check) -> None:
        answers[number] = examined(check)

    # Daemons: one that hangs in a connection does not keep the process from ending.
    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(checks)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = [[error(check.about, f"no answer within {seconds:g} s", check.do)] for check in checks]
    return [masked(found) for number in range(len(checks)) for found in answers.get(number, late[number])]


def examined(check: Check) -> list[Finding]:
    """What one check found, in this thread."""
    try:
        return list(check.look())
    except Exception as problem:  # noqa: BLE001 whatever goes wrong is what somebody wants to know
        words = " ".join(str(problem).split()) or type(problem).__name__
        return [error(check.about, words, check.do)]
    finally:
        connections.close_all()
