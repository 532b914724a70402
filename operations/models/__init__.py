"""What Concord keeps about operations."""

from operations.models.clients import ApiKey, IdempotencyKey
from operations.models.ledger import ModelCall
from operations.models.operation import Claim, Event, Operation, Superseded, TransitionError
from operations.models.step import Step

__all__ = [
    "ApiKey",
    "Claim",
    "Event",
    "IdempotencyKey",
    "ModelCall",
    "Operation",
    "Step",
    "Superseded",
    "TransitionError",
]
