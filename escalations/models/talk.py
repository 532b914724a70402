"""What reviewers say to each other about an escalation, and what each of them is told."""

from django.db import models
from django.utils import timezone

from escalations.models.escalation import Escalation


class Comment(models.Model):
    """A remark on an escalation, kept for ever. ``mentions`` are the names of the people it calls."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="comments")
    author = models.CharField(max_length=150)
    text = models.TextField()
    mentions = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:80]}"


class Notice(models.Model):
    """Something that one person should know: a mention, an assignment, a claim taken over."""

    class Kind(models.TextChoices):
        MENTION = "mention", "mentioned you"
        ASSIGN = "assign", "asked you to decide"
        TAKE_OVER = "take_over", "took over what you were at"

    person = models.CharField(max_length=150, help_text="Whom it is for")
    kind = models.CharField(max_length=16, choices=Kind)
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="notices")
    actor = models.CharField(max_length=150, help_text="Who did it")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["person", "read_at"], name="notice_unread")]

    def __str__(self) -> str:
        return f"{self.actor} {self.get_kind_display()}"
