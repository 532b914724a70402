"""The calls of one service: it takes them, runs them in threads, and answers how they stand."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from workers.contract import Action, ActionError, Json, Worker
from workers.models import CallRecord, CallStatus
from workers.service import records
from workers.service.headers import CallHeaders
from workers.service.heartbeat import Heartbeat
from workers.service.outcome import Outcome, Refused, Withdrawal, ended_by, failed, withdrawn
from workers.service.pool import Pool, tell
from workers.service.records import Sign, steadily
from workers.service.run import Run

log = structlog.get_logger(__name__)

READERS = 2  # threads for calls that only look at records
GRACE_SECONDS = 5.0  # that a stopping service gives its actions
SAVING_PAUSES = (0.2, 1, 3, 10)  # seconds between attempts to save a result


@dataclass(frozen=True)
class State:
    """What is answered about a call."""

    outcome: Outcome
    sign: Sign
    replayed: bool = False

    @property
    def running(self) -> bool:
        return self.outcome.status == CallStatus.RUNNING


class Calls:
    """The calls of ``worker``'s service at ``place`` (host and port, which no other service has at the same time)."""

    def __init__(self, worker: Worker, place: str):
        self.worker = worker
        self.place = place
        self.owner = f"{place}#{uuid.uuid4().hex}"
        self.stopping = False
        self.running: dict[uuid.UUID, Run] = {}
        self._workers = Pool("action", settings.CALLS_PER_WORKER)
        self._readers = Pool("reader", READERS)
        self._heartbeat = Heartbeat(self.running)

    async def start(self) -> None:
        await self._read(records.release_predecessors, self.worker.name, self.place, self.owner)
        self._heartbeat.start()

    def stop(self) -> None:
        """Take no more calls, and tell those that run to stop."""
        self.stopping = True
        for run in self.running.values():
            run.withdraw(Withdrawal.STOPPING)

    async def close(self) -> None:
        """Wait a little for the actions to stop; what goes on nevertheless is given up, for others to take over."""
        self.stop()
        if self.running:
            await asyncio.wait({run.ended for run in self.running.values()}, timeout=GRACE_SECONDS)
        if self.running:
            await self._read(records.release, {token: run.sign for token, run in self.running.items()})
        self._heartbeat.stop()
        self._workers.close(timeout=0.5)
        self._readers.close(timeout=0.5)

    async def post(self, action: Action, parameters: Json, headers: CallHeaders) -> State:
        """Run the call, or join it where it runs, or answer it again; come back when it ends or ``headers.wait`` is up.

        Raises `Refused`, and `ActionError` for parameters that do not fit.
        """
        if self.stopping:
            raise Refused(503, Withdrawal.STOPPING.value, retryable=True, retry_after=1)
        run = Run(action, parameters, headers)
        if len(self.running) >= self._workers.size:
            return await self._follow(await self._read(partial(records.claim, may_run=False), self._wanted(run)), run)
        self._start(run)
        await asyncio.wait({run.claimed})
        record = run.claimed.result()
        if record.run != run.token:
            return await self._follow(record, run)
        await asyncio.wait({run.ended}, timeout=headers.wait)
        return State(run.outcome, run.sign)

    async def state(self, id: uuid.UUID, wait: float = 0) -> State | None:
        """How the call stands when it ends or ``wait`` seconds are up; None if it is unknown."""
        if run := self._find(id):
            await asyncio.wait({run.ended}, timeout=wait)
            return State(run.outcome, run.sign)
        end = time.monotonic() + wait
        pause = 0.1
        while record := await self._read(records.read, self.worker.name, id):
            state = _state(record)
            if not state.running or time.monotonic() + pause > end:
                return state
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1)
        return None

    async def cancel(self, id: uuid.UUID) -> State | None:
        """Tell the call to stop, wherever it runs. An action that returns its result nevertheless has completed."""
        if run := self._find(id):
            run.withdraw(Withdrawal.CANCELLED)
        else:
            await self._read(records.ask_to_cancel, self.worker.name, id)
        return await self.state(id)

    def _start(self, run: Run) -> None:
        """Send the run to a thread."""
        self.running[run.token] = run
        run.watch_deadline()
        self._workers.submit(partial(self._work, run, asyncio.get_running_loop()))

    def _work(self, run: Run, loop: asyncio.AbstractEventLoop) -> None:
        """What the thread does: check, claim, run, save. The event loop hears of the claim and of the end."""
        try:
            arguments = run.action.check(run.parameters)
            record = steadily(records.claim, self._wanted(run))
        except Exception as error:  # noqa: BLE001 (it is raised where it is awaited)
            tell(loop, self._give_up, run, error)
            return
        if record.run != run.token:
            tell(loop, self._give_up, run, record)
            return
        run.id = record.id
        tell(loop, run.claimed.set_result, record)
        try:
            outcome = self._save(run, run.execute(arguments))
        except Exception as error:  # noqa: BLE001 (without a heartbeat the call is soon free for another run)
            outcome = ended_by(error)
        tell(loop, self._end, run, outcome)

    def _save(self, run: Run, outcome: Outcome) -> Outcome:
        """Save the outcome, patiently: the work is done. Returns what the caller may be told."""
        for pause in SAVING_PAUSES:
            try:
                saved = records.finish(run.token, run.sign, outcome)
            except (OperationalError, InterfaceError) as error:
                log.warning("result not saved yet", call=str(run.id), error=type(error).__name__)
                time.sleep(pause)
                close_old_connections()
            else:
                return outcome if saved else withdrawn(Withdrawal.SUPERSEDED)
        return failed(503, "the result could not be saved; post the call again", retryable=True, retry_after=5)

    def _give_up(self, run: Run, found: CallRecord | Exception) -> None:
        self._forget(run)
        if isinstance(found, Exception):
            known = isinstance(found, Refused | ActionError)
            run.claimed.set_exception(found if known else Refused(500, f"{type(found).__name__}: {found}"))
        else:
            run.claimed.set_result(found)

    def _end(self, run: Run, outcome: Outcome) -> None:
        self._forget(run)
        run.ended.set_result(outcome)

    def _forget(self, run: Run) -> None:
        del self.running[run.token]
        if run.timer:
            run.timer.cancel()

    async def _follow(self, record: CallRecord, run: Run) -> State:
        """The answer of a call that ran before or runs elsewhere."""
        if record.status == CallStatus.RUNNING:
            return await self.state(record.id, run.headers.wait) or _state(record)
        state = _state(record)
        return State(state.outcome, state.sign, replayed=True)

    def _find(self, id: uuid.UUID) -> Run | None:
        return next((run for run in self.running.values() if run.id == id and run.claimed.done()), None)

    def _wanted(self, run: Run) -> records.Wanted:
        return run.wanted(self.worker.name, self.owner, self.running.__contains__)

    async def _read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await self._readers.call(steadily, function, *arguments)


def _state(record: CallRecord) -> State:
    return State(records.outcome(record), Sign(record.id, record.done, record.total, record.message))
