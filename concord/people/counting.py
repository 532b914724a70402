"""What the tries of a password are counted for, and how it is told that there are too many."""

import math
import unicodedata

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse

from concord.addresses import client_address, neighbourhood
from concord.metrics import families
from concord.metrics.process import figures
from concord.people import known_browsers
from concord.people.throttle import ACCOUNT, ADDRESS, Count


def name_key(name: str) -> str:
    """An account's name as it is counted: however it is written."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def counts(request: HttpRequest, name: str) -> tuple[Count, ...]:
    """For the browser, if the person logged in with it before; else for the address and for the account."""
    if browser := known_browsers.find(request, name_key(name)):
        return (Count("browser", browser, ACCOUNT),)
    address = Count("address", neighbourhood(client_address(request)), ADDRESS)
    return address, Count("account", name_key(name), ACCOUNT)


def too_many(response: HttpResponse, wait: float) -> HttpResponse:
    """Make a page the answer to who has tried too often, and may try again in ``wait`` seconds."""
    figures.add(lambda rise: rise.count(families.LOG_INS, "throttled"))
    response.status_code = 429
    response.headers["Retry-After"] = str(math.ceil(wait))
    return response


def failed(request: HttpRequest, user: User) -> None:
    """Tell that a password or a code of this person was wrong, where Django does not."""
    user_login_failed.send(__name__, credentials={"username": user.get_username()}, request=request)
