"""What Concord keeps about operations."""

from operations.models.clients import Anyone, ApiKey, IdempotencyKey
from operations.models.ledger import ModelCall
from operations.models.operation import Claim, Event, Operation, Superseded, TransitionError
from operations.models.step import Step
from operations.models.types import TypeSetting

__all__ = [
    "Anyone",
    "ApiKey",
    "Claim",
    "Event",
    "IdempotencyKey",
    "ModelCall",
    "Operation",
    "Step",
    "Superseded",
    "TransitionError",
    "TypeSetting",
]
