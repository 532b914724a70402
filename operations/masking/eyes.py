"""With which eyes a request looks at a page: closed, opened for a part, or, where nothing is masked, open."""

from typing import Any

from django.conf import settings

from operations import rights
from operations.masking.grants import QUERY, granted
from operations.masking.sight import ALL, Sight


def eyes_of(request: Any) -> Sight:
    """What the person may see of this page by what he asked for before."""
    eyes = Sight(may_ask=rights.SEE_OWNERS.is_of(request.user))
    eyes.target, eyes.operation = _about(request)
    # An act is `<page>/<verb>`, and may answer with the page.
    eyes.page = request.get_full_path() if request.method == "GET" else request.path.rpartition("/")[0]
    if not eyes.may_ask:
        return eyes
    if not settings.MASK_PERSONAL:
        eyes.parts = frozenset({ALL})
    elif (asked := getattr(request, "reveals", None)) is not None:  # by the view that records it alone
        eyes.parts = asked
    else:
        eyes.parts = granted(request).parts
    if QUERY in request.GET:
        request.htmx = False  # the whole page, also for the script that follows a redirection
    return eyes


def _about(request: Any) -> tuple[tuple[str, str], str]:
    """What the page's address says that it is about: kind and id, and the operation."""
    match = request.resolver_match
    given = match.kwargs if match else {}
    for kind in ("operation", "escalation"):
        if pk := given.get(f"{kind}_id"):
            return (kind, pk), pk if kind == "operation" else ""
    if "identity" in given:
        return (given["folder"].rstrip("s"), f"{given['county']}/{given['identity']}"), ""
    return ("release", str(given["pk"])) if "pk" in given else ("page", match.view_name if match else ""), ""
