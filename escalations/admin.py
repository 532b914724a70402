"""Escalations and decisions in the admin: a record to look at. Deciding happens in the console."""

from django.contrib import admin

from escalations.models import Decision, Escalation
from operations.admin import ReadOnlyInline
from workers.admin import ReadOnlyAdmin


class DecisionInline(ReadOnlyInline):
    model = Decision
    fields = ["created_at", "decision", "reason", "decided_by", "effect"]


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyAdmin):
    list_display = ["id", "operation", "reason", "status", "confidence_score", "claimed_by", "created_at", "decided_at"]
    list_filter = ["status", "reason", "created_at"]
    list_select_related = ["operation"]
    search_fields = ["id", "operation__id", "message"]
    ordering = ["-created_at"]
    show_full_result_count = False
    inlines = [DecisionInline]


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "decision", "decided_by", "escalation", "reason"]
    list_filter = ["decision", "decided_by", "created_at"]
    list_select_related = ["escalation"]
    search_fields = ["escalation__id", "escalation__operation__id", "decided_by", "reason"]
    ordering = ["-created_at"]
