"""Which releases the warehouse holds, and which of them its readers see."""

from django.db import models


class ReleaseState(models.TextChoices):
    """How far a release is. Readers see the rows of those that are loaded, and of no others.

    STAGED -> LOADED -> SUPERSEDED; an older release that comes late is SUPERSEDED at once, and may become LOADED again
    if the same source file is asked for as it was processed then. A person may withdraw a loaded release: it keeps its
    rows, and never becomes current again until a person puts it back.
    """

    STAGED = "staged"
    LOADED = "loaded"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


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
    quarantine = models.JSONField(null=True, help_text="the dataset of the rows that were set aside")
    quarantine_reasons = models.JSONField(default=dict, help_text="why rows were set aside, and how many")
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
        permissions = [
            ("withdraw_release", "Can withdraw releases and put them back"),
            ("see_owners", "Can see the names and addresses of owners"),
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


class ReleaseAct(models.Model):
    """That a person withdrew a release or put it back, and why. Kept for ever."""

    warehouse = True

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn"
        RESTORED = "restored", "put back"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=10, choices=Kind)
    who = models.CharField(max_length=150)
    reason = models.TextField()
    current = models.CharField(max_length=64, blank=True, help_text="the release that was current then; empty: none")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.release_id} {self.kind} by {self.who}"
