"""What may be set per operation type in the admin."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from operations.states import OperationType


class TypeSetting(models.Model):
    """Overrides for one operation type; what is left empty follows the environment."""

    operation_type = models.CharField(primary_key=True, max_length=32, choices=OperationType)
    confidence_threshold = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Below it a person is asked; 0 to 1",
    )

    def __str__(self) -> str:
        return self.operation_type


def confidence_threshold(operation_type: str) -> float:
    """Below this a result of this type goes to a person."""
    row = TypeSetting.objects.filter(pk=operation_type).first()
    if row is None or row.confidence_threshold is None:
        return settings.CONFIDENCE_THRESHOLD
    return row.confidence_threshold
