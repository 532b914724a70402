"""An entry of the audit trail. It is written once; a moment later it gets its place in the chain."""

from django.db import models
from django.utils import timezone


class ActorKind(models.TextChoices):
    PERSON = "person", "Person"
    CLIENT = "client", "Client"
    SYSTEM = "system", "Concord itself"
    STRANGER = "stranger", "Somebody unknown"


class Entry(models.Model):
    """That somebody did something. Names of people are not in it: they are looked up when it is shown.

    `sequence`, `previous`, `hash`, `key_id` and `reason_digest` are set by the sealer, and nothing changes after that
    but that the words of a forgotten operation's `reason` may be taken out: of them only a digest is in the chain.
    """

    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    actor_id = models.CharField(max_length=40, blank=True, help_text="The account's or key's number")
    action = models.CharField(max_length=64, help_text="A dotted verb, such as escalation.decide")
    target_kind = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=100, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    address = models.CharField(max_length=64, blank=True, help_text="Where it came from")
    request_id = models.CharField(max_length=128, blank=True)
    operation_id = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    # What was recorded elsewhere first, in another database, is taken over once.
    source = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)

    sequence = models.BigIntegerField(null=True, blank=True, unique=True, editable=False)
    previous = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)
    key_id = models.CharField(max_length=8, blank=True, editable=False)
    reason_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        default_permissions = ["view"]
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["at", "id"], name="audit_time"),
            models.Index(fields=["actor_kind", "actor_id", "id"], name="audit_actor"),
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["target_kind", "target_id", "id"], name="audit_target"),
            models.Index(fields=["operation_id", "id"], name="audit_operation"),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(sequence__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_kind} {self.target_id}".strip()
