"""Rules that were learned from data or decisions: kept in versions, of which at most one by a name is in force."""

from django.db import models


class LearnedRule(models.Model):
    """One version of a rule. Its content never changes; another content is another version."""

    warehouse = True

    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    content = models.JSONField(help_text="when, sets and tests: data that Concord reads, never code")
    digest = models.CharField(max_length=64, help_text="of the content")
    origin = models.CharField(max_length=500, help_text="where it was learned")
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_rule_per_version"),
            models.UniqueConstraint(fields=["name", "digest"], name="one_version_per_content"),
            models.UniqueConstraint(fields=["name"], condition=models.Q(active=True), name="one_version_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.name} version {self.version}"
