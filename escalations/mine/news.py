"""What a browser may put into a notification. It is seen on locked screens, too: who did what, and the reason only."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone

from escalations.models import Escalation, Notice
from operations.access import ConsoleRequest, page
from operations.showing import visible
from operations.states import Reason

MOST = 5  # of each kind
OLDEST = 3_600_000  # milliseconds
OVERLAP = 10_000  # what was written then may have been committed, and so be seen, only now


@page
def news(request: ConsoleRequest) -> HttpResponse:
    """What is new for who asks since the moment ``since`` (milliseconds since 1970), as JSON.

    ``until`` is the ``since`` of the next call. The last seconds are told twice: an id says what was told already.
    """
    now = timezone.now()
    until = round(now.timestamp() * 1000)
    since = request.GET.get("since", "")
    if not (since.isascii() and since.isdecimal() and len(since) < 20):
        return JsonResponse({"until": until, "news": []})
    past = min(max(until - int(since), 0) + OVERLAP, OLDEST)
    return JsonResponse({"until": until, "news": _news(request.user, now - timedelta(milliseconds=past))})


def _news(user: Any, since: datetime) -> list[dict[str, str]]:
    notices = Notice.objects.filter(person=user.get_username(), read_at=None, created_at__gte=since)
    notices = notices.select_related("escalation").only("kind", "actor", "created_at", "escalation__reason")
    questions = Escalation.objects.visible_to(user).open().filter(created_at__gte=since).order_by("-created_at")
    told = [
        _item("notice", f"{notice.pk}@{notice.created_at.timestamp()}", str(notice), notice.escalation)
        for notice in notices[:MOST]
    ]
    return told + [
        _item("question", question.pk, "A new question waits", question) for question in questions.only("reason")[:MOST]
    ]


def _item(kind: str, key: str, title: str, escalation: Escalation) -> dict[str, str]:
    return {
        "kind": kind,
        "id": f"{kind}-{key}",
        "title": visible(title),
        "body": Reason(escalation.reason).label,
        "url": reverse("escalations:escalation", args=[escalation.pk]),
    }
