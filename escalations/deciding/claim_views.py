"""Being at an escalation: the button, the keeping of it while the page is open, taking over, giving back."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect

from escalations.deciding import claims
from escalations.deciding.following import page_address, view_of
from escalations.models import Conflict
from escalations.views import get, show
from operations.access import ConsoleRequest, act


@act
def claim(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Say that one is at it; with ``take_over`` and a reason even if another is."""
    reason, take_over = request.POST.get("reason", "").strip()[:2000], "take_over" in request.POST
    if take_over and not reason:
        error = "Say why you take it over: who is at it will read this."
        return show(request, get(request, escalation_id), status=422, take_over_error=error)
    try:
        claims.claim(get(request, escalation_id), request.user.get_username(), take_over=take_over, reason=reason)
    except Conflict as conflict:
        return show(request, get(request, escalation_id), status=409, refused=str(conflict))
    return redirect(page_address(escalation_id, view_of(request)))


@act
def hold(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Claim it, or keep the claim, from a page that stays open: 204, or 409 and who is at it as JSON."""
    try:
        claims.claim(get(request, escalation_id), request.user.get_username())
    except Conflict as conflict:
        return JsonResponse({"error": str(conflict)}, status=409)
    return HttpResponse(status=204)


@act
def release(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    escalation = get(request, escalation_id)
    try:
        escalation.release(request.user.get_username())
    except Conflict as conflict:
        return show(request, get(request, escalation_id), status=409, refused=str(conflict))
    return redirect(page_address(escalation_id, view_of(request)))
