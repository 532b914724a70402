"""What a client may send to the escalations API."""

from typing import Any

from rest_framework import serializers

from escalations.deciding.decisions import Answer
from escalations.models import Escalation, Kind
from escalations.talk.talk import LONGEST
from operations.fields import StrictSerializer, Text, Truth, Whole
from operations.states import Reason


class ClaimRequest(StrictSerializer):
    """To claim an escalation."""

    take_over = Truth(default=False, help_text="Even if another is at it: he is told, and the history says so")
    reason = Text(default="", allow_blank=True, max_length=2000, help_text="Why it is taken over; he reads it")


class DecisionRequest(StrictSerializer):
    """The answer to an escalation."""

    decision = serializers.ChoiceField(Kind.choices)
    reason = Text(default="", allow_blank=True, max_length=10_000)
    edits = serializers.DictField(
        child=serializers.DictField(), default=dict, help_text="For edit: new arguments, by step: {E3: {…}}"
    )
    steps = serializers.ListField(child=Text(), default=list, help_text="The steps concerned; empty: all in question")
    revision = Whole(min_value=1, help_text="The revision that was read; another one by now is a conflict")
    decision_id = Text(required=False, max_length=100, help_text="The client's own; sent again it is answered again")
    take_over = Truth(default=False, help_text="Even if another is at it")

    def answer(self) -> Answer:
        given: dict[str, Any] = self.validated_data
        return Answer(Kind(given["decision"]), given["reason"], given["edits"], given["steps"])


class CommentRequest(StrictSerializer):
    """To say something about an escalation."""

    text = Text(max_length=LONGEST, help_text="Whoever it calls with @name is told, if he may look")


class AssignRequest(StrictSerializer):
    """To ask somebody to decide."""

    person = Text(allow_blank=True, max_length=150, help_text="The user name of who may decide; empty: nobody")


class EscalationFilters(StrictSerializer):
    """Which escalations to list: the open ones, where no status is given."""

    status = serializers.ChoiceField([*Escalation.Status.choices, ("all", "any")], default=Escalation.Status.OPEN)
    reason = serializers.ChoiceField(Reason.choices, required=False)
    operation_id = Text(required=False)
    cursor = Text(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="Results on a page: 50")

    def lookups(self) -> dict[str, Any]:
        """The filters as a queryset takes them."""
        given = dict(self.validated_data)
        if given["status"] == "all":
            del given["status"]
        return {name: given[name] for name in ("status", "reason", "operation_id") if name in given}
