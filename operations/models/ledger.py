"""The ledger of model calls."""

from django.db import models
from django.utils import timezone


class ModelCall(models.Model):
    """One call of a language model, made by Concord or by a worker on its behalf."""

    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE, related_name="model_calls")
    step_id = models.CharField(max_length=24, blank=True)
    purpose = models.CharField(max_length=32)
    model = models.CharField(max_length=100)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Empty: the price is not known"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.model}"
