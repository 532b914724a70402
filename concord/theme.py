"""Which colours a browser shows: the system's, the light or the dark ones. It is remembered in a cookie, so that the
page comes in them at once, and no account is needed for it.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE = "theme"
CHOSEN = ("light", "dark")
YEAR = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Remember ``theme`` (light or dark; anything else is the system's), and go back to ``next``."""
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, None):
        back = "/console/"
    response = HttpResponseRedirect(back)
    theme = request.POST.get("theme", "")
    if theme in CHOSEN:
        response.set_cookie(COOKIE, theme, max_age=YEAR, secure=request.is_secure(), httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
