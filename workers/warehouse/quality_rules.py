"""Rules about data that people wrote in the admin: kept in versions, with who switched which on or off, and when."""

from django.db import models


class QualityRule(models.Model):
    """One version of a rule. Its text never changes; another text is another version."""

    warehouse = True

    dataset = models.CharField(max_length=48, help_text="the type of file or the table that it is about")
    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    severity = models.CharField(max_length=7)
    text = models.TextField(help_text="one rule in YAML, as in a file of rules but by itself, with its dataset")
    digest = models.CharField(max_length=64, help_text="of what the text says")
    active = models.BooleanField("switched on", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["dataset", "name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name", "version"], name="one_quality_rule_per_version"),
            models.UniqueConstraint(fields=["dataset", "name", "digest"], name="one_quality_version_per_content"),
            models.UniqueConstraint(
                fields=["dataset", "name"], condition=models.Q(active=True), name="one_quality_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.dataset}, version {self.version}"


class QualityRuleAct(models.Model):
    """That a person tried a version on a sample, or switched it on or off. Kept for ever."""

    warehouse = True

    class Kind(models.TextChoices):
        TRIED = "tried"
        ON = "on", "switched on"
        OFF = "off", "switched off"

    rule = models.ForeignKey(QualityRule, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=5, choices=Kind)
    who = models.CharField(max_length=150)
    note = models.CharField(max_length=300, blank=True, help_text="the sample and what was found in it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.kind} by {self.who}"
