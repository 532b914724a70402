"""What matching keeps in the warehouse: the links that hold, and what people decided about pairs."""

from django.db import models


class MatchLink(models.Model):
    """Two records that are one party, with how sure that is and why."""

    warehouse = True

    linkage = models.CharField(max_length=100)
    left_key = models.CharField(max_length=255)
    right_key = models.CharField(max_length=255)
    probability = models.FloatField()
    by_person = models.BooleanField(default=False)
    comparison = models.JSONField(help_text="how each field agreed, and how many bits of evidence that is")
    run = models.CharField(max_length=64, help_text="the matching that last found it: a digest of what went in")
    linked_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "workers"
        constraints = [models.UniqueConstraint(fields=["linkage", "left_key", "right_key"], name="one_link_per_pair")]
        indexes = [models.Index(fields=["linkage", "right_key"], name="links_by_right_key")]

    def __str__(self) -> str:
        return f"{self.linkage}: {self.left_key} is {self.right_key}"


class MatchDecision(models.Model):
    """A person's word on a pair. It outlives every run, and the pair is not asked about again."""

    warehouse = True

    linkage = models.CharField(max_length=100)
    left_key = models.CharField(max_length=255)
    right_key = models.CharField(max_length=255)
    same = models.BooleanField()
    operation_id = models.CharField(max_length=64, blank=True, help_text="whose history tells who decided")
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "workers"
        constraints = [
            models.UniqueConstraint(fields=["linkage", "left_key", "right_key"], name="one_decision_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.linkage}: {self.left_key} {'is' if self.same else 'is not'} {self.right_key}"
