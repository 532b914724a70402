"""The console's pages about the property data: search, one parcel or account, coverage."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from operations import rights
from operations.access import ConsoleRequest, may_see_owners, page_of
from operations.data.addresses import CURRENT, FOLDERS, address_of
from operations.data.coverage import coverage
from operations.data.forms import CHOICES, SearchForm
from operations.data.parcels import Unknown, look_up
from operations.data.reading import TookTooLong
from operations.data.search import BadCursor, Question, Results, search
from workers import counties
from workers.counties import COUNTIES, County, UnknownCounty
from workers.warehouse.models import Release, ReleaseState

KINDS = {folder: kind for kind, folder in reversed(FOLDERS.items())}
TOO_LONG = "That takes too long. Choose a county, or look for how the text begins."


@page_of(rights.SEE_DATA)
def search_page(request: ConsoleRequest) -> HttpResponse:
    """The search for a parcel or an account, and what it found."""
    asked = "q" in request.GET
    form = SearchForm(request.user, request.GET if asked else None)
    found, refused = (_found(form) if form.is_valid() else (None, "")) if asked else (None, "")
    context = {
        "form": form,
        "asked": asked,
        "found": found,
        "refused": refused,
        "counties": CHOICES,
        "see_owners": may_see_owners(request.user),
        "empty": not asked and not Release.objects.filter(state=ReleaseState.LOADED).exists(),
    }
    status = 503 if refused else 422 if asked and form.errors else 200
    return render(request, "console/data/search.html", context, status=status)


def _found(form: SearchForm) -> tuple[Results | None, str]:
    said = form.cleaned_data
    question = Question(said["q"], said["by"] or "id", said["county"], said["anywhere"])
    try:
        return search(question, said["after"]), ""
    except BadCursor as error:
        raise Http404(str(error)) from error
    except TookTooLong:
        return None, TOO_LONG


@page_of(rights.SEE_DATA)
def parcel(request: ConsoleRequest, folder: str, county: str, year: str, identity: str) -> HttpResponse:
    """One parcel or account: as it is now, or in the release that the query names, and as it was before."""
    kind, where, release = KINDS.get(folder), _county(county), request.GET.get("release", "")
    if kind is None or not (year == CURRENT or year.isdecimal()) or not (release or "0").isdecimal():
        raise Http404("There is no such page.")
    personal = may_see_owners(request.user)
    context = {"county": where, "year": year, "folder": folder, "see_owners": personal}
    try:
        found = look_up(
            kind,
            where.no,
            identity,
            year=None if year == CURRENT else int(year),
            release=int(release) if release else None,
            personal=personal,
        )
    except Unknown as error:
        raise Http404(str(error)) from error
    except TookTooLong:
        return render(
            request, "console/data/parcel.html", context | {"refused": "That took too long. Try again."}, status=503
        )
    context |= {"parcel": found, "here": address_of(kind, where.no, found.id, year)}
    return render(request, "console/data/parcel.html", context)


@page_of(rights.SEE_DATA)
def coverage_page(request: ConsoleRequest) -> HttpResponse:
    """How all counties stand: loaded, stale, missing, held."""
    year = request.GET.get("year", "")
    if not (year or "0").isdecimal() or len(year) > 4:
        raise Http404("There is no such year.")
    context = {"coverage": coverage(int(year) if year else None), "counties": len(COUNTIES)}
    return render(request, "console/data/coverage.html", context)


def _county(text: str) -> County:
    try:
        return counties.find(text)
    except UnknownCounty as error:
        raise Http404(str(error)) from error
