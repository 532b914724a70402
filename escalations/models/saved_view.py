"""A view of the queue that somebody keeps."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def of(self, who: str) -> Self:
        """Those of ``who``, and those that others share."""
        return self.filter(Q(owner=who) | Q(shared=True))


class SavedView(models.Model):
    """Filters and an order under a name, as the query string of the queue's page."""

    owner = models.CharField(max_length=150)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, help_text="As in the address of the page")
    shared = models.BooleanField(default=False, help_text="Others see it, and only its owner changes it")
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="one_view_of_a_name"),)

    def __str__(self) -> str:
        return self.name
