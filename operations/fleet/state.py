"""How a worker is, in words."""

from typing import Any

from django.utils import timezone

from workers.models import RegisteredWorker

Json = dict[str, Any]


def state(worker: RegisteredWorker) -> Json:
    """How a worker is: the class of its mark, a word, and a sentence where there is more to say."""
    if not worker.enabled:
        return {"css": "off", "word": "Switched off", "why": "Nothing is sent to it until it is switched on."}
    if worker.open_until and worker.open_until > timezone.now():
        why = f"{worker.failures} calls in a row failed. It is called again from {worker.open_until:%H:%M:%S} UTC on."
        return {"css": "escalating", "word": "Paused", "why": why}
    if worker.healthy is None:
        return {"css": "", "word": "Not asked yet", "why": "The sweeper asks for its health within a minute."}
    if not worker.healthy:
        return {"css": "failed", "word": "Does not answer", "why": worker.error}
    why = f"{worker.failures} calls in a row failed." if worker.failures else ""
    return {"css": "completed", "word": "Healthy", "why": why}
