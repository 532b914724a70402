"""Which releases the warehouse holds, and which of them its readers see."""

from django.db import models


class ReleaseState(models.TextChoices):
    """How far a release is. Readers see the rows of those that are loaded, and of no others.

    STAGED -> LOADED -> SUPERSEDED; an older release that comes late is SUPERSEDED at once, and may become LOADED again
    if the same source file is asked for as it was processed then.
    """

    STAGED = "staged"
    LOADED = "loaded"
    SUPERSEDED = "superseded"


# What a publisher issues in a year, in the order of the year: sales, preliminary, final.
STAGES = "SPF"


def roll(file_type: str, county_no: int, year: int) -> str:
    """The name of a county's file of a year, by which those who load it take turns."""
    return f"{file_type}-{county_no}-{year}"


class Release(models.Model):
    """One source file, as it was processed once. The number of the row marks its rows in the data table."""

    warehouse = True

    release = models.CharField(max_length=64, help_text="the source file, such as NAL-16-2025P-01-0123456789ab")
    dataset_sha256 = models.CharField(max_length=64, help_text="of the processed rows that were loaded")
    file_type = models.CharField(max_length=8)
    county_no = models.PositiveSmallIntegerField()
    year = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=1)
    submission = models.PositiveSmallIntegerField()

    table = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=ReleaseState, default=ReleaseState.STAGED)
    rows = models.PositiveBigIntegerField(default=0)
    rows_quarantined = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "dataset_sha256"], name="one_load_per_release"),
            models.UniqueConstraint(
                fields=["file_type", "county_no", "year"],
                condition=models.Q(state=ReleaseState.LOADED),
                name="one_current_release",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release} ({self.state})"

    @property
    def roll(self) -> str:
        """What it is a release of: a county's file of a year."""
        return roll(self.file_type, self.county_no, self.year)

    @property
    def age(self) -> tuple[int, int]:
        """Sorts the releases of one county and year: the later stage, then the later submission, is the newer."""
        return STAGES.index(self.stage), self.submission
