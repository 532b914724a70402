"""The words for where an operation and a step are, and what may follow what."""

from django.db.models import TextChoices


class Status(TextChoices):
    """Where an operation is. The words are those on the wire."""

    PLANNING = "planning"
    EXECUTING = "executing"
    VALIDATING = "validating"
    ESCALATING = "escalating"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


NEXT: dict[Status, set[Status]] = {
    Status.PLANNING: {Status.EXECUTING, Status.COMPLETED, Status.ESCALATING, Status.FAILED, Status.CANCELLED},
    Status.EXECUTING: {Status.VALIDATING, Status.ESCALATING, Status.FAILED, Status.CANCELLED, Status.REJECTED},
    Status.VALIDATING: {Status.COMPLETED, Status.ESCALATING, Status.FAILED, Status.CANCELLED},
    Status.ESCALATING: {
        Status.COMPLETED,
        Status.EXECUTING,
        Status.PLANNING,
        Status.REJECTED,
        Status.FAILED,
        Status.CANCELLED,
    },
    Status.FAILED: {Status.EXECUTING, Status.PLANNING},
    Status.CANCELLED: {Status.EXECUTING, Status.PLANNING},
    Status.COMPLETED: set(),
    Status.REJECTED: set(),
}

# In these Concord is at work; in the others nobody is, or a person is.
MOVING = frozenset({Status.PLANNING, Status.EXECUTING, Status.VALIDATING})
# A waiting client is answered at these: nothing more happens without somebody's doing.
RESTING = frozenset(Status) - MOVING
ENDED = RESTING - {Status.ESCALATING}


class StepStatus(TextChoices):
    """Where a step is."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    AWAITING_APPROVAL = "awaiting_approval"


STEP_ENDED = frozenset({StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED})


class OperationType(TextChoices):
    """What can be asked for."""

    DATA_PIPELINE = "data_pipeline"
    DATA_VALIDATION = "data_validation"
    ENTITY_SYNC = "entity_sync"
    PERFORMANCE_CHECK = "performance_check"
    AI_INFERENCE = "ai_inference"
    CUSTOM = "custom"


class Planner(TextChoices):
    """Who makes the plan of an operation, and where a plan came from."""

    CLIENT = "client", "the client"
    RULES = "rules", "rules: a template per type, no model"
    REWOO = "rewoo", "rewoo: a model plans once"
    REACT = "react", "react: a model is asked before every step"
    CACHE = "cache", "the cache: a model's plan of before"


class Reason(TextChoices):
    """Why an operation needs a person."""

    LOW_CONFIDENCE = "low_confidence", "Low confidence"
    RULE_FAILED = "rule_failed", "A validation rule failed"
    STEP_FAILED = "step_failed", "A step failed"
    APPROVAL_NEEDED = "approval_needed", "An action needs approval"
    PLAN_APPROVAL = "plan_approval", "The plan is to be seen before it runs"
    BAD_PLAN = "bad_plan", "The plan cannot be executed"
    NO_NEXT_STEP = "no_next_step", "The model gave no next step"
    BUDGET_SPENT = "budget_spent", "The token budget is spent"
