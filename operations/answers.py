"""What an answer of a worker means for its step, and the saving of it under the claim."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations import approval, budgets, ledger, live, retries
from operations.board import Board
from operations.models import Claim, Operation, Step, Superseded
from operations.planning import replan
from operations.states import Reason, StepStatus
from operations.validation import Finding, check_step, failures
from workers import client, registry

logger = logging.getLogger(__name__)

# A worker that cannot be reached is being restarted: for so long, that costs its steps none of their attempts.
RESTART_SECONDS = 30


class Answers:
    """Takes answers, writes them to the rows, and tells the board."""

    def __init__(self, operation: Operation, claim: Claim, board: Board):
        self.operation = operation
        self.claim = claim
        self.board = board
        self._unwritten = {step.step_id: step for step in board.steps.values() if not step.pk}
        self._ended: list[Step] = []
        # Once it is set, nothing more is begun until a person lets it go on.
        self.overspent = budgets.overspent(operation, "execution") if operation.token_usage else None

    def take(self, came: Sequence[tuple[Step, client.Outcome]]) -> None:
        """Save what came, all of it or nothing."""
        with nullcontext() if self._is_one_statement(came) else transaction.atomic():
            for step, outcome in came:
                if _leaves_room(step, outcome):
                    self.board.has_room(step.worker)
                match outcome:
                    case client.Done():
                        self._done(step, outcome)
                    case client.Accepted():
                        self._accepted(step, outcome)
                    case client.Superseded():
                        self._try_again(step, "the worker knows of a later attempt", None)
                    case client.Failed():
                        self._not_done(step, outcome)
            self._put()
            live.announce(self.operation)

    def _is_one_statement(self, came: Sequence[tuple[Step, client.Outcome]]) -> bool:
        """Results of steps that have no rows yet are written together, and a single one needs nothing around it."""
        done = all(isinstance(outcome, client.Done) for _, outcome in came)
        return done and (len(came) == 1 or all(step.step_id in self._unwritten for step, _ in came))

    def save(self, step: Step, **fields: Any) -> None:
        """Write fields of a step. Raises `Superseded` once the claim is not the newest any more."""
        self.write_down()
        if not Step.objects.write(self.claim, step, fields):
            raise self._superseded()
        for name, value in fields.items():
            setattr(step, name, value)

    def write_down(self) -> None:
        """Make rows of all steps that are none yet. Raises `Superseded` once the claim is not the newest any more."""
        if not self._unwritten:
            return
        with transaction.atomic():
            held = Operation.objects.filter(pk=self.claim.operation_id, fence=self.claim.fence)
            if not held.select_for_update().exists():
                raise self._superseded()
            Step.objects.bulk_create(self._unwritten.values(), batch_size=500)
        self._unwritten.clear()

    def _superseded(self) -> Superseded:
        return Superseded(f"{self.operation.pk} is in other hands now.")

    # --- the four outcomes ---

    def _done(self, step: Step, outcome: client.Done) -> None:
        registry.succeeded(step.worker)
        action = registry.action(step.worker, step.action)
        step.result = outcome.result
        broken = self._broken(step, action["result"] if action else None)
        result = {"result": outcome.result, "confidence": outcome.confidence}
        if not broken and not outcome.usage:
            self._end(step, StepStatus.COMPLETED, **result)
        else:
            with transaction.atomic():
                self.write_down()
                self._account(step, outcome.usage)
                if broken:
                    self._hold(step, broken, result)
                else:
                    self._end(step, StepStatus.COMPLETED, **result)
        if not broken:
            self.board.ended(step)

    def _end(self, step: Step, status: StepStatus, **fields: Any) -> None:
        given = {
            "status": status,
            "attempts": step.attempts,
            "error": "",
            "location": "",
            "due_at": None,
            "progress": None,
            "started_at": step.started_at,
            "finished_at": timezone.now(),
            **fields,
        }
        self._log(step, status)
        if status == StepStatus.COMPLETED and step.step_id in self._unwritten:
            for name, value in given.items():
                setattr(step, name, value)
            self._ended.append(step)
        else:
            self.save(step, **given)

    def _log(self, step: Step, status: StepStatus) -> None:
        """Which step ended how. Its error and its result are in its row, and may tell of people."""
        took = timezone.now() - step.started_at if step.started_at else timedelta(0)
        logger.log(
            logging.INFO if status == StepStatus.COMPLETED else logging.WARNING,
            "%s.%s is %s",
            step.worker,
            step.action,
            status,
            extra={"step_id": step.step_id, "attempts": step.attempts, "ms": round(took.total_seconds() * 1000)},
        )

    def _put(self) -> None:
        """Write the steps that were done before they became rows."""
        ended = [step for step in self._ended if step.step_id in self._unwritten]
        if ended and not Step.objects.put(self.claim, ended):
            raise self._superseded()
        for step in ended:
            del self._unwritten[step.step_id]
        self._ended.clear()

    def _hold(self, step: Step, broken: list[Finding], result: dict[str, Any]) -> None:
        """Keep a result that broke a rule until a person has accepted it; where nobody is asked, the step failed."""
        status = StepStatus.AWAITING_APPROVAL if settings.ESCALATION_ENABLED else StepStatus.FAILED
        self._end(step, status, error="; ".join(finding.message for finding in broken), **result)
        message = f"{step.named}: {broken[0].message}"
        findings = [finding.as_json() for finding in broken]
        approval.ask(self.operation, Reason.RULE_FAILED, message, findings, [step.step_id])

    def _broken(self, step: Step, result_schema: Any) -> list[Finding]:
        """The rules that hold up what comes after this step, and that its result broke."""
        if not self.operation.require_validation:
            return []
        return failures(check_step(step, result_schema), gate=True)

    def _accepted(self, step: Step, outcome: client.Accepted) -> None:
        registry.succeeded(step.worker)
        due_at = min(retries.next_question(step.started_at), step.ends_by(self.operation))
        changes: dict[str, Any] = {"due_at": due_at}
        if step.location != outcome.location:
            changes |= {
                "status": StepStatus.RUNNING,
                "location": outcome.location,
                "attempts": step.attempts,
                "started_at": step.started_at,
            }
        if outcome.progress:
            changes["progress"] = outcome.progress
        self.save(step, **changes)
        self.board.postpone(step)

    def _account(self, step: Step, usage: list[dict[str, Any]]) -> None:
        """Enter what the worker's own model calls cost, and see what is left of the budget."""
        if usage:
            ledger.record(self.operation, step, usage)
            self.overspent = budgets.overspent(self.operation, "execution")

    def _not_done(self, step: Step, outcome: client.Failed) -> None:
        self._account(step, outcome.usage)
        if outcome.away:
            registry.failed(step.worker)
        restarting = outcome.unreachable and registry.away_for(step.worker) < timedelta(seconds=RESTART_SECONDS)
        if restarting or outcome.full:
            self._wait_for_worker(step, outcome)
        elif outcome.retryable:
            self._try_again(step, outcome.error, outcome.retry_after)
        else:
            self.failed(step, outcome.error)

    def _wait_for_worker(self, step: Step, outcome: client.Failed) -> None:
        """Come back when the worker may take the step; it was no attempt. A call under way is asked after as before."""
        changes: dict[str, Any] = {"due_at": retries.next_knock(outcome.retry_after), "error": outcome.error}
        if not step.location:
            changes |= {"status": StepStatus.PENDING, "attempts": step.attempts - 1, "started_at": None}
        self.save(step, **changes)
        if outcome.full and not step.location:
            self.board.turned_away(step, changes["due_at"])
        else:
            self.board.postpone(step)

    def _try_again(self, step: Step, error: str, retry_after: float | None) -> None:
        if not retries.left(step.attempts):
            self.failed(step, f"{error} (tried {step.attempts} times)")
            return
        due_at = retries.next_attempt(step.attempts, retry_after)
        about = {"step_id": step.step_id, "attempts": step.attempts}
        logger.warning("%s.%s is tried again", step.worker, step.action, extra=about)
        self.save(step, status=StepStatus.PENDING, attempts=step.attempts, due_at=due_at, error=error, location="")
        self.operation.record(
            "step_retry", f"{step.named}, attempt {step.attempts}: {error}", data={"step": step.step_id}
        )
        self.board.postpone(step)

    # --- ends that need a person ---

    def failed(self, step: Step, error: str) -> None:
        """The step is over, without a result. Another plan is tried, or a person is asked, unless nobody is to be."""
        replan_first = replan.puts_off(self.operation, step)
        noted = {"step": step.step_id} | ({"replan": True} if replan_first else {})
        with transaction.atomic():
            self._end(step, StepStatus.FAILED, error=error)
            self.operation.record("step_failed", f"{step.named}: {error}", data=noted)
            if not replan_first:
                approval.ask_about_failed(self.operation, [step])

    def timed_out(self, step: Step) -> None:
        """The step took longer than its own limit: withdraw the call."""
        if step.location:
            client.withdraw(step.location)
        self.failed(step, f"not done within {step.timeout_seconds:g} seconds")

    def needs_approval(self, step: Step, arguments: Any, digest: str) -> None:
        """Hold a destructive action until a person has approved exactly this call."""
        finding = {
            "step": step.step_id,
            "label": step.label,
            "rule": "a person approves a destructive action",
            "message": f"{step.worker}.{step.action} changes or removes data",
            "arguments": arguments,
            "digest": digest,
        }
        with transaction.atomic():
            self.save(step, status=StepStatus.AWAITING_APPROVAL)
            message = f"{step.named} changes or removes data and waits for approval"
            approval.ask(self.operation, Reason.APPROVAL_NEEDED, message, [finding], [step.step_id])


def _leaves_room(step: Step, outcome: client.Outcome) -> bool:
    """Whether the step's worker may well take another call now: this one is over, or was taken just now."""
    match outcome:
        case client.Accepted():
            return outcome.location != step.location
        case client.Failed():
            return not outcome.full
    return True
