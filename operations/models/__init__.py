"""What Concord keeps about operations."""

from operations.models.clients import Anyone, ApiKey, IdempotencyKey
from operations.models.event import Event
from operations.models.ledger import ModelCall
from operations.models.operation import Operation, Superseded, TransitionError
from operations.models.plans import PlanCache
from operations.models.queries import Claim, is_reviewer
from operations.models.step import Step
from operations.models.types import TypeSetting, type_setting

__all__ = [
    "Anyone",
    "ApiKey",
    "Claim",
    "Event",
    "IdempotencyKey",
    "ModelCall",
    "Operation",
    "PlanCache",
    "Step",
    "Superseded",
    "TransitionError",
    "TypeSetting",
    "is_reviewer",
    "type_setting",
]
