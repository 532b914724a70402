"""What the review console keeps: questions to people, their answers, and what they say to each other."""

from escalations.models.approval import Approval
from escalations.models.decision import Decision, DecisionQuerySet
from escalations.models.escalation import (
    CLAIM,
    Conflict,
    DecisionError,
    Escalation,
    EscalationQuerySet,
    Kind,
    new_id,
)
from escalations.models.saved_view import SavedView
from escalations.models.talk import Comment, Notice

__all__ = [
    "CLAIM",
    "Approval",
    "Comment",
    "Conflict",
    "Decision",
    "DecisionError",
    "DecisionQuerySet",
    "Escalation",
    "EscalationQuerySet",
    "Kind",
    "Notice",
    "SavedView",
    "new_id",
]
