"""The console's pages about releases: the list, one with its quarantine, withdrawing it and putting it back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from operations import rights
from operations.access import ConsoleRequest, act_of, may_see_owners, may_withdraw, page_of
from operations.data.forms import CHOICES, ReasonForm
from operations.data.quarantine import quarantine_of
from operations.paging import BadCursor
from operations.paging import page as page_in
from workers.contract import TryLater
from workers.counties import BY_NO
from workers.florida_data.tables import TABLES
from workers.warehouse import releases as rules
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.reach import reachable

NARROWED = {"county": "county_no", "type": "file_type", "year": "year", "state": "state"}
NUMBERS = ("county", "year")


@page_of(rights.SEE_DATA)
def releases(request: ConsoleRequest) -> HttpResponse:
    """All releases, the newest first; `county`, `type`, `year`, `state` and the cursor `after` narrow them."""
    asked = {name: request.GET.get(name, "") for name in NARROWED}
    if any(asked[name] and not _small_number(asked[name]) for name in NUMBERS):
        raise Http404("There is no such county or year.")
    rows = Release.objects.defer("quarantine", "quarantine_reasons")
    wanted = {NARROWED[name]: value for name, value in asked.items() if value}
    try:
        found = page_in(rows.filter(**wanted), request.GET.get("after", ""), newest_first=True)
    except BadCursor as error:
        raise Http404(str(error)) from error

    context = {
        "page": found,
        "rows": [(one, _county_name(one)) for one in found.rows],
        "asked": asked,
        "narrowed": bool(wanted),
        "counties": CHOICES,
        "types": list(TABLES),
        "states": ReleaseState.choices,
    }
    return render(request, "console/data/releases.html", context)


@page_of(rights.SEE_DATA)
def release(request: ConsoleRequest, pk: int) -> HttpResponse:
    """One release: what it is, what was set aside of it and why, and who withdrew it or put it back."""
    return _show(request, get_object_or_404(Release, pk=pk))


@act_of(rights.WITHDRAW)
def withdraw(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _act(request, pk, rules.withdraw, "Withdrawn")


@act_of(rights.WITHDRAW)
def restore(request: ConsoleRequest, pk: int) -> HttpResponse:
    return _act(request, pk, rules.restore, "Put back")


def _act(request: ConsoleRequest, pk: int, do: Callable[..., Release | None], done: str) -> HttpResponse:
    """Do it. Who comes second, or while the roll is being loaded, gets the page as it is now, with 409."""
    found = get_object_or_404(Release, pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    try:
        with reachable():
            current = do(found, who=request.user.get_username(), reason=form.cleaned_data["reason"])
    except (rules.NotSo, TryLater) as error:
        return _show(request, get_object_or_404(Release, pk=pk), form, status=409, refused=str(error))
    messages.success(request, f"{done}. Current is now {current.release if current else 'no release of this year'}.")
    return redirect("data:release", pk)


def _show(
    request: ConsoleRequest, found: Release, form: ReasonForm | None = None, *, status: int = 200, refused: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "release": found,
        "county": _county_name(found),
        "quarantine": quarantine_of(found),
        "reasons": sorted(found.quarantine_reasons.items(), key=lambda pair: -pair[1]),
        "acts": found.acts.all(),
        "next": rules.next_in_line(found) if found.state == ReleaseState.LOADED else None,
        "may_withdraw": may_withdraw(request.user),
        "see_owners": may_see_owners(request.user),
        "errors": form.errors if form else {},
        "reason": form.data.get("reason", "") if form else "",
        "refused": refused,
    }
    return render(request, "console/data/release.html", context, status=status)


def _county_name(one: Release) -> str:
    return BY_NO[one.county_no].name if one.county_no in BY_NO else str(one.county_no)


def _small_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 4
