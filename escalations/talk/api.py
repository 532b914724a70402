"""The part of the escalations API that people talk by: comments, and asking a colleague to decide."""

from django.shortcuts import get_object_or_404
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from escalations.models import Escalation
from escalations.representation import comment_json, escalation_json
from escalations.schema import assign_schema, comment_schema, comments_schema
from escalations.serializers import AssignRequest, CommentRequest
from escalations.talk import talk
from operations import rights
from operations.pagination import AsItHappened
from operations.permissions import name_of, takes


class TalkActions:
    """Actions of the viewset of escalations."""

    def _get(self, request: Request, pk: str) -> Escalation:
        raise NotImplementedError

    @comments_schema
    @action(detail=True, permission_classes=takes(rights.TALK, to_change=True))
    def comments(self, request: Request, pk: str) -> Response:
        pages = AsItHappened()
        rows = _talked_about(request, pk).comments.all()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([comment_json(comment) for comment in page])

    @comments.mapping.post
    @comment_schema
    def comment(self, request: Request, pk: str) -> Response:
        body = CommentRequest(data=request.data)
        body.is_valid(raise_exception=True)
        said = talk.comment(_talked_about(request, pk), name_of(request.user), body.validated_data["text"])
        return Response(comment_json(said.comment) | {"unknown": said.unknown}, 201)

    @assign_schema
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        body = AssignRequest(data=request.data)
        body.is_valid(raise_exception=True)
        talk.assign(_talked_about(request, pk), body.validated_data["person"], by=name_of(request.user))
        return Response(escalation_json(self._get(request, pk)))


def _talked_about(request: Request, pk: str) -> Escalation:
    """The escalation, without what may be large in it."""
    return get_object_or_404(Escalation.objects.visible_to(request.user).defer("findings", "steps"), pk=pk)
