"""The OpenAPI description of the escalations API."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers as s

from escalations.models import Escalation, Kind
from escalations.serializers import AssignRequest, ClaimRequest, CommentRequest, DecisionRequest, EscalationFilters
from operations.schema import BODY, refusals
from operations.shapes import Shape, page_of
from operations.states import Reason, Status


class DecisionEffectShape(Shape):
    runs_again = s.ListField(child=s.CharField())
    skips = s.ListField(child=s.CharField())
    keeps = s.ListField(child=s.CharField())


class DecisionShape(Shape):
    decision_id = s.CharField()
    decision = s.ChoiceField(Kind.choices)
    reason = s.CharField(allow_null=True)
    edits = s.DictField()
    steps = s.ListField(child=s.CharField())
    decided_by = s.CharField()
    effect = DecisionEffectShape()
    created_at = s.DateTimeField()
    effective_at = s.DateTimeField(allow_null=True, help_text="Until then it can be taken back; null: it could not be")
    applied_at = s.DateTimeField(allow_null=True, help_text="When the operation went on by it")
    undone_at = s.DateTimeField(allow_null=True, help_text="When it was taken back, or had no effect any more")


class EscalationLinksShape(Shape):
    self = s.CharField()
    operation = s.CharField()
    console = s.CharField()


class ApprovalShape(Shape):
    by = s.CharField()
    at = s.DateTimeField()


class ApprovalsShape(Shape):
    """Of a destructive action: how many people have to approve it, and who has, before the last of them decides."""

    needed = s.IntegerField(help_text="2 where the type is set so; else 1")
    given = ApprovalShape(many=True)


class EscalationShape(Shape):
    escalation_id = s.CharField()
    operation_id = s.CharField()
    operation_type = s.CharField()
    status = s.ChoiceField(Escalation.Status.choices)
    reason = s.ChoiceField(Reason.choices)
    message = s.CharField()
    findings = s.ListField(child=s.JSONField())
    steps = s.ListField(child=s.CharField(), help_text="The steps in question")
    offered = s.ListField(child=s.ChoiceField(Kind.choices), help_text="The decisions that make sense here")
    confidence_score = s.FloatField(allow_null=True)
    risk = s.FloatField(help_text="How much a wrong answer costs")
    uncertainty = s.FloatField(help_text="How far Concord was from deciding by itself, above 0 to 1")
    assigned_to = s.CharField(allow_null=True, help_text="Whom somebody asked to decide")
    claimed_by = s.CharField(allow_null=True)
    claimed_until = s.DateTimeField(allow_null=True)
    revision = s.IntegerField(
        help_text="Rises with every change of what is asked; a decision names the one that was read"
    )
    created_at = s.DateTimeField()
    decided_at = s.DateTimeField(allow_null=True)
    approvals = ApprovalsShape()
    decisions = DecisionShape(many=True)
    links = EscalationLinksShape()


class CommentShape(Shape):
    id = s.IntegerField()
    author = s.CharField(allow_null=True, help_text="null: Concord's own line about what somebody did")
    text = s.CharField()
    mentions = s.ListField(child=s.CharField(), help_text="The people whom it calls")
    created_at = s.DateTimeField()


class SaidShape(CommentShape):
    unknown = s.ListField(child=s.CharField(), help_text="Names after an @ that nobody has who may look")


class DecidedShape(Shape):
    escalation = EscalationShape()
    decision = DecisionShape()
    operation_status = s.ChoiceField(Status.choices)
    effect = DecisionEffectShape()


comments_schema = extend_schema(
    summary="What was said about it, in order",
    responses={200: page_of(CommentShape), **refusals(404)},
)
comment_schema = extend_schema(
    summary="Say something about it",
    description="Those whom it calls with @name are told in the console.",
    request=CommentRequest,
    responses={201: SaidShape, **refusals(*BODY, 404)},
)
assign_schema = extend_schema(
    summary="Ask somebody to decide",
    description="The last one who asks wins; a comment without an author says who asked whom.",
    request=AssignRequest,
    responses={200: EscalationShape, **refusals(*BODY, 404, 409, 422)},
)

escalations_schema = extend_schema_view(
    list=extend_schema(
        summary="The review queue, oldest first",
        parameters=[EscalationFilters],
        responses={200: page_of(EscalationShape), **refusals()},
    ),
    retrieve=extend_schema(summary="One escalation", responses={200: EscalationShape, **refusals(404)}),
    claim=extend_schema(
        summary="Say that one is at it, for five minutes",
        request=ClaimRequest,
        responses={200: EscalationShape, **refusals(*BODY, 404, 409)},
    ),
    release=extend_schema(
        summary="Give the claim back", request=None, responses={200: EscalationShape, **refusals(404, 409)}
    ),
    decide=extend_schema(
        summary="Decide",
        description="The first decision wins; who comes later gets a 409 with the escalation as it is now.",
        request=DecisionRequest,
        responses={200: DecidedShape, **refusals(*BODY, 404, 409, 422)},
    ),
)
