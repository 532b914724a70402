"""Executing: every step whose dependencies are done runs, in parallel; each result is saved as it arrives.

Calls are made in threads that touch no database; the rows are written here, in one place, under the claim. A step
becomes a row when it is done, or once any answer takes longer than a moment: should this process die before that, the
step is made again from the plan and called with the same idempotency key, and the worker answers from memory or lets
the call be joined.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations import answers, approval, live, requests
from operations.board import DONE, Board
from operations.budgets import BudgetSpent
from operations.evidence import EvidenceError
from operations.lease import Lease
from operations.models import Claim, Operation, Step
from operations.planning import plan, replan
from operations.resume import cancel_unfinished
from operations.states import MOVING, Reason, Status, StepStatus
from workers import client, registry, tracing

MOMENT = timedelta(seconds=0.05)  # that a call may take without being written down as running
READING = timedelta(seconds=0.001)  # that it takes to read a step
MAX_INSTANCES = 20_000

Calls = dict["Future[client.Outcome]", Step]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.STEPS_AT_ONCE, thread_name_prefix="call")


def execute(operation: Operation, claim: Claim) -> bool:
    """Run what can run. True if the operation moved on, False if it was handed back to wait for something.

    Raises `Superseded` when the claim is lost; whatever was under way then counts for nothing.
    """
    run = Run(operation, claim)
    try:
        while run.has_time() and run.start():
            run.take_answers()
            run.lease.keep()
    except BaseException:
        run.abandon()
        raise
    return run.finish()


def all_done(operation: Operation) -> bool:
    """Has every step been done, and is there time for more? (If not, `execute` says so.)"""
    in_time = operation.deadline_at is None or timezone.now() < operation.deadline_at
    return in_time and all(step.status in DONE for step in operation.known_steps())


class Run:
    """One stretch of executing, under one claim."""

    def __init__(self, operation: Operation, claim: Claim):
        self.operation = operation
        self.lease = Lease(claim)
        if lost := plan.missing(operation, operation.known_steps()):
            operation.know_steps([*operation.known_steps(), *lost])
        self.board = Board(operation.known_steps())
        self.answers = answers.Answers(operation, claim, self.board)
        self.calls: Calls = {}
        self._held: list[str] = []  # steps that wait for a person, since the token budget is spent
        self._unmarked: dict[str, float] = {}  # step id → when it was called

    # --- starting ---

    def start(self) -> bool:
        """Start what is ready. False if nothing is under way then, and nothing will be for a while.

        Nor is anything started once others have waited long enough for this queue worker.
        """
        while expandable := self.board.expandable():
            for template in expandable:
                self._expand(template)
        self._finish_templates()
        self.board.due(timezone.now())
        if self.lease.turn_is_over:
            return bool(self.calls)  # what is under way is waited for, so that nothing is asked twice
        while self.board.ready and len(self.calls) < settings.STEPS_AT_ONCE:
            step = self.board.ready.popleft()
            if self.answers.overspent and step.status == StepStatus.PENDING:
                self._held.append(step.step_id)
            else:
                self._begin(step)
        return bool(self.calls) or self._soon()

    def _soon(self) -> bool:
        """Is something due so soon that handing the operation back, and reading it again, would take longer?"""
        due = self.board.next_due
        return due is not None and due <= timezone.now() + max(MOMENT, READING * len(self.board.steps))

    def _expand(self, template: Step) -> None:
        try:
            instances = self.board.instances(template)
            if len(instances) > MAX_INSTANCES:
                raise EvidenceError(f"{template.for_each} has {len(instances)} elements; {MAX_INSTANCES} are the most")
        except EvidenceError as error:
            self.answers.failed(template, str(error))
            return
        with transaction.atomic():
            self.answers.save(template, status=StepStatus.RUNNING, started_at=timezone.now())
            Step.objects.bulk_create(instances, batch_size=500)
        self.operation.know_steps([*self.board.steps.values(), *instances])
        self.board.read(self.operation.known_steps())

    def _finish_templates(self) -> None:
        while finished := self.board.finished_templates():
            for template in finished:
                self.answers.save(template, status=StepStatus.COMPLETED, finished_at=timezone.now())
                self.board.ended(template)

    def _begin(self, step: Step) -> None:
        """Call the step's action, or ask how the call is getting on."""
        if step.has_ended:  # it timed out while it waited for its turn
            return
        if step.location:
            self._submit(step, client.ask, step.location)
            return
        try:
            request = self._request(step)
        except EvidenceError as error:
            self.answers.failed(step, str(error))
            return
        if request is None:
            return
        now = timezone.now()
        if step.status == StepStatus.PENDING:
            step.attempts += 1
            self._unmarked[step.step_id] = time.monotonic()
        step.status, step.started_at = StepStatus.RUNNING, step.started_at or now
        self._submit(step, client.start, request)

    def _request(self, step: Step) -> client.Request | None:
        """What to send; None if the step must wait for a person or for its worker."""
        action = registry.action(step.worker, step.action)
        if action is None:
            raise EvidenceError(registry.unknown(step.worker, step.action))
        arguments = self.board.arguments(step)
        if approval.needed(action, arguments) and not self._approved(step, arguments):
            return None
        if open_until := registry.closed_at(step.worker):
            step.due_at = open_until
            self.board.postpone(step)
            return None
        return requests.request(self.operation, self.lease.claim, step, arguments)

    def _approved(self, step: Step, arguments: Any) -> bool:
        """Has a person approved exactly this call? If not, ask."""
        evidence = {name: self.board.steps[name].result for name in self.board.evidence(step)}
        digest = approval.digest(self.operation, step, arguments, evidence)
        if step.approved_digest == digest:
            return True
        self.answers.needs_approval(step, arguments, digest)
        return False

    def _submit(self, step: Step, function: Any, argument: Any) -> None:
        self.board.in_flight.add(step.step_id)
        self.calls[_threads().submit(tracing.carried(function), argument)] = step

    # --- taking answers ---

    def take_answers(self) -> None:
        """Wait a moment for answers and save those that came, in one transaction."""
        if not self.calls:
            time.sleep(self._patience())  # something is due soon
            return
        done, _ = wait(self.calls, timeout=self._patience(), return_when=FIRST_COMPLETED)
        came = [(self.calls.pop(future), future.result()) for future in done]
        for step, _ in came:
            self.board.in_flight.discard(step.step_id)
            self._unmarked.pop(step.step_id, None)
        if came:
            self.answers.take(came)
        self._mark_running()

    def _patience(self) -> float:
        if self._unmarked:
            return MOMENT.total_seconds()
        due = self.board.next_due
        return 1.0 if due is None else min(1.0, max(0.01, (due - timezone.now()).total_seconds()))

    def _mark_running(self) -> None:
        """Let people see what takes its time."""
        long_since = time.monotonic() - MOMENT.total_seconds()
        late = [step_id for step_id, called in self._unmarked.items() if called <= long_since]
        if not late:
            return
        with transaction.atomic():
            for step in [self.board.steps[step_id] for step_id in late]:
                self.answers.save(step, status=StepStatus.RUNNING, started_at=step.started_at, attempts=step.attempts)
            live.announce(self.operation)
        for step_id in late:
            del self._unmarked[step_id]

    # --- ending ---

    def has_time(self) -> bool:
        """Whether the time limit leaves any; fails the operation, or the steps that took too long, if not."""
        now = timezone.now()
        if self.operation.deadline_at and now >= self.operation.deadline_at:
            self._time_out()
            return False
        limited = [step for step in self.board.steps.values() if step.timeout_seconds]
        for step in limited:
            if self._too_long(step, now):
                self.answers.timed_out(step)
        return True

    def _too_long(self, step: Step, now: datetime) -> bool:
        return (
            step.status == StepStatus.RUNNING
            and step.for_each is None
            and step.step_id not in self.board.in_flight
            and now >= step.ends_by(self.operation)
        )

    def _time_out(self) -> None:
        message = f"Not done within {self.operation.timeout_seconds} seconds"
        with transaction.atomic():
            self.answers.write_down()
            self.operation.move_to(
                Status.FAILED, message, claim=self.lease.claim, error=message, wake_at=timezone.now()
            )
            cancel_unfinished(self.operation)
            approval.over(self.operation)
        self.abandon()

    def finish(self) -> bool:
        """Move on, ask a person, or hand the operation back until something is due."""
        if self.operation.status not in MOVING:
            return True
        claim = self.lease.claim
        if self.board.all_done() and self.operation.plan_is_open:
            return True
        if self.board.all_done():
            self.operation.pass_to(Status.VALIDATING)
            return True
        self.answers.write_down()
        due = timezone.now() if self.board.ready else self.board.next_due
        if due is not None:
            self.lease.release(min(due, self.operation.deadline_at or due))
            return False
        stuck = self.board.unresolved()
        if (failed := replan.put_off(self.operation, stuck)) and replan.mend(self.operation, claim, failed, stuck):
            return True
        names = ", ".join(step.step_id for step in stuck[:5]) + ("…" if len(stuck) > 5 else "")
        if self.answers.overspent and self._held:
            return self._ask_for_tokens(self.answers.overspent)
        if settings.ESCALATION_ENABLED:
            self.operation.move_to(Status.ESCALATING, f"Waits for a person: {names}", claim=claim)
            return False
        error = "; ".join(f"{step.step_id}: {step.error}" for step in stuck[:5]) or "No step can run"
        self._fail(error)
        return False

    def _ask_for_tokens(self, overspent: BudgetSpent) -> bool:
        """Ask a person whether the operation may spend more; where nobody is to be asked, it has failed."""
        message = str(overspent)
        if not settings.ESCALATION_ENABLED:
            self._fail(message)
            return False
        with transaction.atomic():
            self.operation.move_to(Status.ESCALATING, message, claim=self.lease.claim)
            finding = {"rule": f"at most {overspent.limit:,} tokens for {overspent.purpose}", "message": message}
            approval.ask(self.operation, Reason.BUDGET_SPENT, message, [finding], self._held)
        return False

    def _fail(self, error: str) -> None:
        with transaction.atomic():
            self.operation.move_to(Status.FAILED, error, claim=self.lease.claim, error=error)
            cancel_unfinished(self.operation)

    def abandon(self) -> None:
        """Let go of the calls under way. If the operation has ended, they are withdrawn as they answer."""
        moving = Operation.objects.filter(pk=self.operation.pk, status__in=MOVING).exists()
        for future in self.calls:
            if moving:
                future.cancel()
            else:
                requests.let_go(future)
        self.calls.clear()


def withdraw(operation: Operation, claim: Claim) -> bool:
    """Cancel the calls that an operation left running when it ended."""
    lease = Lease(claim)
    for step in operation.steps.filter(status=StepStatus.RUNNING):
        if step.location:
            client.withdraw(step.location)
        Step.objects.held(claim).filter(pk=step.pk).update(status=StepStatus.CANCELLED, finished_at=timezone.now())
        lease.keep()
    lease.release(None)
    return False
