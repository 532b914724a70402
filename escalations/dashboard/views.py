"""The dashboard."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from escalations.dashboard import lately, now, pictures
from escalations.dashboard.periods import PERIODS, Period
from escalations.dashboard.savings import BASELINE, savings
from operations import rights
from operations.access import ConsoleRequest, page
from operations.charts import sparkline
from operations.live import OPERATIONS
from operations.models import Operation
from operations.sequences import sequences

FORTNIGHT = 14


@page
def dashboard(request: ConsoleRequest) -> HttpResponse:
    """How Concord does, now and in the ``period`` of the query. Who does not see all finds his own operations."""
    if not rights.SEE_ALL.is_of(request.user):
        return redirect("operations:operations")
    [sequence] = sequences(OPERATIONS)
    period = PERIODS.get(request.GET.get("period", "24h"))
    if period is None:
        raise Http404(f"There is no such period; there are {', '.join(PERIODS)}.")
    context = figures(period, timezone.now()) | {
        "period": period,
        "periods": PERIODS.values(),
        "baseline": BASELINE,
        "most": lately.MOST,
        "sequence": sequence,
    }
    return render(request, "console/dashboard/index.html" + ("#live" if request.htmx else ""), context)


def figures(period: Period, moment: datetime) -> dict[str, Any]:
    """All figures and charts, in a dozen queries whatever there is."""
    since = moment - period.length
    waiting = now.waiting(moment)
    ended = lately.outcomes(since)
    hours, by_hour = lately.ended(moment, "hour", 24)
    days, by_day = lately.ended(moment, "day", max(FORTNIGHT, period.days))
    durations, queued = lately.durations(since)
    return {
        "is_new": not ended["number"] and not Operation.objects.exists(),
        "under_way": now.under_way(),
        "waiting": waiting,
        "ready": now.ready(moment),
        "queued": queued,
        "workers": now.workers(),
        "ended": ended,
        "durations": durations,
        "savings": savings(since),
        "trend": sparkline([sum(column) for column in zip(*by_hour.values(), strict=True)]),
        "charts": [
            pictures.throughput("hours", "Ended per hour, 24 hours", hours, by_hour, "%H:00"),
            pictures.throughput("days", f"Ended per day, {len(days)} days", days, by_day, "%b %d"),
            pictures.ages(waiting["ages"]),
            pictures.confidence(ended["bands"], period),
        ],
    }
