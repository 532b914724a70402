"""The sweeper's daily chore: forget what ended longer than RETENTION_DAYS ago, a batch in each of its rounds."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone

from concord.forgetting import operations
from operations.signals import round_made

logger = logging.getLogger(__name__)

DAY = 86_400.0


class Daily:
    """When the next look is due, by this process's clock. One that has just started looks at once."""

    due = 0.0


@receiver(round_made)
def forget_old(sender: Any, **kwargs: Any) -> None:
    """Forget one batch, if the day's look is due and not done. A round is short, so that rings do not wait."""
    if not settings.RETENTION_DAYS or time.monotonic() < Daily.due:
        return
    before = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    if done := operations.forget(operations.due(before=before)):
        logger.info("Forgot what ended more than %s days ago", settings.RETENTION_DAYS, extra={"forgot": dict(done)})
    else:
        Daily.due = time.monotonic() + DAY
