"""The ledger of model calls."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Sum
from django.utils import timezone

from workers import llm

PURPOSES = ("planning", "stepping", "context", "execution", "validation")


class ModelCallQuerySet(models.QuerySet["ModelCall"]):
    def today(self) -> Self:
        """Those since midnight (UTC)."""
        return self.filter(created_at__gte=timezone.now().replace(hour=0, minute=0, second=0, microsecond=0))

    def spent(self) -> int:
        """The tokens of these calls."""
        return self.aggregate(spent=Sum(F("prompt_tokens") + F("completion_tokens"), default=0))["spent"]


class ModelCall(models.Model):
    """One HTTP call of a language model, made by Concord or by a worker on its behalf; or one that a cache saved.

    The row is there before the call is made, with an estimate: should the process die meanwhile, that stays.
    """

    class State(models.TextChoices):
        OPEN = "open", "Under way, or lost with its process"
        DONE = "done", "Answered"
        FAILED = "failed", "Failed"

    operation = models.ForeignKey(
        "operations.Operation",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="model_calls",
        help_text="Empty: it was forgotten",
    )
    # What is left of an operation that was forgotten, so that the sums stay what they were.
    forgotten_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    forgotten_type = models.CharField(max_length=32, blank=True, default="", db_default="")
    step_id = models.CharField(max_length=24, blank=True)
    purpose = models.CharField(max_length=32)
    model = models.CharField(max_length=100)
    state = models.CharField(max_length=8, choices=State, default=State.DONE)
    error = models.CharField(max_length=200, blank=True)

    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0, help_text="Of the prompt: what the provider had already")
    estimated = models.BooleanField(default=False, help_text="The server never said: counted here")
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    cache_hit = models.BooleanField(default=False, help_text="No call was needed: a plan was in the cache")
    tokens_before_compression = models.PositiveIntegerField(null=True, blank=True)
    tokens_after_compression = models.PositiveIntegerField(null=True, blank=True)

    # As they were at the time of the call, so that later prices do not change what it cost.
    cost_usd = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True, help_text="Empty: the price is not known"
    )
    input_usd = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="For a million prompt tokens"
    )
    cached_usd = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="For a million of them that were cached"
    )
    output_usd = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="For a million completion tokens"
    )
    price_source = models.CharField(max_length=100, blank=True, help_text="Whose prices, of which day")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ModelCallQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["created_at"], name="model_call_time")]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.model}"

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def take(self, use: llm.Use, price: dict[str, Any]) -> None:
        """Set what a call was, and what it cost."""
        self.purpose, self.model = use.purpose[:32], use.model[:100]
        self.prompt_tokens, self.completion_tokens = use.prompt_tokens, use.completion_tokens
        self.cached_tokens, self.estimated = use.cached_tokens, use.estimated
        self.latency_ms, self.error = use.latency_ms, use.error[:200]
        for name, value in price.items():
            setattr(self, name, value)
