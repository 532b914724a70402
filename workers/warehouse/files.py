"""Which files keep the tables with one row per key up to date, and what became of their records."""

from django.db import models


class FileState(models.TextChoices):
    """How far a file is: its records are being merged, or all of them have been."""

    LOADING = "loading"
    LOADED = "loaded"


class Series(models.TextChoices):
    """A quarterly file has all records of its kind, a daily one those of a day."""

    QUARTERLY = "quarterly"
    DAILY = "daily"


class FeedFile(models.Model):
    """One file of records, which may be a member of a zip. The number of the row marks the rows that are from it."""

    warehouse = True

    name = models.CharField(max_length=255, help_text="of the file at the source")
    member = models.CharField(max_length=255, blank=True, help_text="of a zip: the file inside it")
    members = models.PositiveIntegerField(default=1, help_text="how many files of records the zip has")
    url = models.CharField(max_length=500)
    bytes = models.BigIntegerField(null=True)
    modified = models.CharField(max_length=64, blank=True, help_text="as the source tells it")
    sha256 = models.CharField(max_length=64, help_text="of the file at the source")

    dataset = models.CharField(max_length=32, help_text="what its records are, such as corporations")
    series = models.CharField(max_length=9, choices=Series)
    as_of = models.DateField(help_text="the day whose state the records tell")
    selection = models.CharField(max_length=255, blank=True, help_text="which records were kept; empty: all")

    state = models.CharField(max_length=7, choices=FileState, default=FileState.LOADING)
    lines = models.PositiveBigIntegerField(default=0, help_text="how many lines of the file have been merged")
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_filtered = models.PositiveBigIntegerField(default=0)
    rows_quarantined = models.PositiveBigIntegerField(default=0)
    rows_inserted = models.PositiveBigIntegerField(default=0)
    rows_replaced = models.PositiveBigIntegerField(default=0)
    rows_outdated = models.PositiveBigIntegerField(default=0)
    rows_repeated = models.PositiveBigIntegerField(default=0)
    changed = models.JSONField(default=dict, help_text="how many watched values changed, by column")
    reasons = models.JSONField(default=dict, help_text="why records were set aside, and how many")
    doubts = models.JSONField(default=dict, help_text="what was odd about records that were kept, and how many")
    quarantine = models.JSONField(null=True, help_text="the dataset of the records that were set aside")
    created_at = models.DateTimeField(auto_now_add=True)
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sha256", "member", "selection"], name="one_load_per_file"),
        ]
        indexes = [models.Index(fields=["dataset", "series", "as_of"], name="feed_series")]

    def __str__(self) -> str:
        return f"{self.name}{f' ({self.member})' if self.member else ''}: {self.state}"

    @property
    def version(self) -> int:
        """Rises with the age of the records: by the day, and on one day a daily file after a quarterly one."""
        return int(self.as_of.strftime("%Y%m%d")) * 10 + (self.series == Series.DAILY)
