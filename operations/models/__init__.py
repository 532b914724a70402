"""What Concord keeps about operations."""

from operations.models.clients import Anyone, ApiKey, IdempotencyKey
from operations.models.ledger import ModelCall
from operations.models.operation import Claim, Event, Operation, Superseded, TransitionError
from operations.models.plans import PlanCache
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
    "type_setting",
]
