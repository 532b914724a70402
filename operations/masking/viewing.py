"""Looking at a page of the console with the eyes that the request has."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from operations.masking import recording
from operations.masking.eyes import eyes_of
from operations.masking.sight import Sight, looking


def viewing(request: Any, view: Callable[[], Any]) -> Any:
    """What ``view`` answers. Where nothing is masked it is recorded what was seen, for each page that is opened."""
    with looking(eyes_of(request)) as eyes:
        request.eyes = eyes
        response = view()
    if eyes.seen and not settings.MASK_PERSONAL and not _refreshes(request, eyes):
        recording.note(recording.VIEWED, eyes)
    return response


def _refreshes(request: Any, eyes: Sight) -> bool:
    """Is it only a page that was opened before, and refreshes itself?"""
    return bool(request.htmx) and recording.noted_lately(recording.VIEWED, eyes)
