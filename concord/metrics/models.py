"""What has been added up so far."""

from django.db import models
from django.utils import timezone


class Tally(models.Model):
    """A number that only rises: a counter, or one part of a histogram (a bucket by its upper bound, or the sum)."""

    name = models.CharField(max_length=64)
    labels = models.CharField(max_length=300, help_text="A JSON list of the labels' values")
    part = models.CharField(max_length=16, blank=True, help_text="Empty: the whole counter")
    value = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "labels", "part"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.name}{self.labels} {self.part} {self.value:g}"


class Mark(models.Model):
    """How far the rows of one source have been added up."""

    source = models.CharField(primary_key=True, max_length=32)
    upto = models.BigIntegerField(default=0, help_text="The id of the last row that is in the tallies")
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.source} up to {self.upto}"
