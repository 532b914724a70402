"""One run of a call: a thread does the work, the event loop and the heartbeat look on."""

import asyncio
import math
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from pydantic_core import to_json

from workers import tracing
from workers.contract import Action, Call, Json
from workers.masking import masked
from workers.models import CallRecord, CallStatus
from workers.service.alone import alone
from workers.service.headers import CallHeaders
from workers.service.outcome import Outcome, Withdrawal, completed, ended_by, storable
from workers.service.records import Sign, Wanted, digest

log = structlog.get_logger(__name__)

LARGEST = 2**63 - 1


class Run:
    """A call that this service runs or is about to. Make it on the event loop."""

    def __init__(self, action: Action, parameters: Json, headers: CallHeaders):
        loop = asyncio.get_running_loop()
        self.action = action
        self.parameters = parameters
        self.headers = headers
        self.token = uuid.uuid4()
        self.id = uuid.uuid4()  # of a new record; one that is taken over has its own
        self.claimed: asyncio.Future[CallRecord] = loop.create_future()
        self.ended: asyncio.Future[Outcome] = loop.create_future()
        self.timer: asyncio.TimerHandle | None = None
        self.why: Withdrawal | None = None
        self.progress: tuple[int, int | None, str] = (0, None, "")
        self.call = Call(
            operation_id=headers.operation_id,
            step=headers.step,
            attempt=headers.attempt or 1,
            deadline=headers.deadline,
            report=self._note,
        )

    @property
    def sign(self) -> Sign:
        return Sign(self.id, *self.progress)

    @property
    def outcome(self) -> Outcome:
        """How it stands at this moment."""
        return self.ended.result() if self.ended.done() else Outcome()

    def wanted(self, worker: str, owner: str, is_running_here: Callable[[uuid.UUID], bool]) -> Wanted:
        return Wanted(
            id=self.id,
            worker=worker,
            action=self.action.name,
            key=self.headers.key or str(self.id),
            digest=digest(self.action.name, self.parameters),
            attempt=self.headers.attempt,
            run=self.token,
            owner=owner,
            is_running_here=is_running_here,
        )

    def watch_deadline(self) -> None:
        """Withdraw the call when its deadline has passed, which may be now."""
        if self.headers.deadline is None:
            return
        seconds = self.headers.deadline.timestamp() - time.time()
        if seconds <= 0:
            self.withdraw(Withdrawal.DEADLINE)
        else:
            self.timer = asyncio.get_running_loop().call_later(seconds, self.withdraw, Withdrawal.DEADLINE)

    def withdraw(self, why: Withdrawal) -> None:
        """Tell the action to stop; the first reason counts. Any thread may call it."""
        self.why = self.why or why
        self.call.cancelled.set()

    def execute(self, arguments: Json) -> Outcome:
        """Run the action on its checked ``arguments``, and say how it ended, whatever that was."""
        operation, step = masked(self.call.operation_id), masked(self.call.step)
        told = {"concord.call": str(self.id), "concord.operation": operation, "concord.step": step}
        names = {"call": str(self.id), "operation_id": operation, "step_id": step}
        names |= {"request_id": self.headers.request_id} if self.headers.request_id else {}
        span = tracing.span(f"run {self.action.name}", told, kind="server", parent=self.headers.trace)
        with structlog.contextvars.bound_contextvars(**names, trace=self.headers.trace), span as spanned:
            started = time.perf_counter()
            try:
                self.call.check()
                with alone(self.call, self.action.work(arguments)):
                    result = self.action.perform(self.call, arguments)
                outcome = completed(result, **self._account(started))
            except (Exception, SystemExit) as error:  # noqa: BLE001 (the caller hears of it)
                outcome = ended_by(error, self.why, **self._account(started))
                spanned.failed(type(error).__name__)
            self._log(outcome)
        return outcome

    def _account(self, started: float) -> dict[str, Any]:
        """What is told of a run however it ended."""
        sure = self.call.confidence
        return {
            "execution_time_ms": round((time.perf_counter() - started) * 1000, 3),
            "confidence": sure if sure is not None and math.isfinite(sure) else None,
            "usage": to_json(self.call.usage, inf_nan_mode="null", fallback=str).decode() if self.call.usage else "",
        }

    def _log(self, outcome: Outcome) -> None:
        say = log.info if outcome.status == CallStatus.COMPLETED else log.warning
        say(
            "call ended",
            action=self.action.name,
            attempt=self.call.attempt,
            status=outcome.status.value,
            ms=outcome.execution_time_ms,
        )

    def _note(self, done: int, total: int | None, message: str) -> None:
        bounded = None if total is None else min(int(total), LARGEST)
        self.progress = (min(int(done), LARGEST), bounded, storable(message))
