"""Escalations, decisions and what people say in the admin: a record to look at. Deciding happens in the console."""

from django.contrib import admin

from escalations.models import Comment, Decision, Escalation, Notice
from operations.admin import ReadOnlyInline
from operations.masking.admin import Masked
from workers.admin import ReadOnlyAdmin

WINDOW = ["effective_at", "applied_at", "undone_at", "undone_by"]


class DecisionInline(ReadOnlyInline):
    model = Decision
    fields = ["created_at", "decision", "reason", "decided_by", "effect", *WINDOW]


@admin.register(Escalation)
class EscalationAdmin(Masked, ReadOnlyAdmin):
    list_display = ["id", "operation", "reason", "status", "confidence_score", "claimed_by", "created_at", "decided_at"]
    list_filter = ["status", "reason", "created_at"]
    list_select_related = ["operation"]
    search_fields = ["id", "operation__id", "message"]
    ordering = ["-created_at"]
    show_full_result_count = False
    inlines = [DecisionInline]


@admin.register(Decision)
class DecisionAdmin(Masked, ReadOnlyAdmin):
    list_display = ["created_at", "decision", "decided_by", "escalation", "reason", *WINDOW]
    list_filter = ["decision", "decided_by", "created_at"]
    list_select_related = ["escalation"]
    search_fields = ["escalation__id", "escalation__operation__id", "decided_by", "reason"]
    ordering = ["-created_at"]


@admin.register(Comment)
class CommentAdmin(Masked, ReadOnlyAdmin):
    list_display = ["created_at", "escalation", "author", "text"]
    list_filter = ["created_at"]
    search_fields = ["escalation__id", "escalation__operation__id", "author", "text"]
    ordering = ["-created_at"]
    show_full_result_count = False


@admin.register(Notice)
class NoticeAdmin(Masked, ReadOnlyAdmin):
    list_display = ["created_at", "person", "kind", "actor", "escalation", "read_at"]
    list_filter = ["kind", "created_at"]
    search_fields = ["escalation__id", "escalation__operation__id", "person", "actor"]
    ordering = ["-created_at"]
    show_full_result_count = False
