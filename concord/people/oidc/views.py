"""There and back: to the provider's log-in, and from it in, or to a page that says why not."""

import logging
from typing import Any

import requests
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from jwt import PyJWTError
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from concord.people import entering
from concord.people.oidc import provider
from concord.people.oidc.backend import Refused

logger = logging.getLogger(__name__)

AWAY = "The provider of the single sign-on cannot be reached just now."
BROKEN = "What came back from the single sign-on was not in order, or was used before. Begin anew."
BEGUN_ELSEWHERE = "This log-in was begun in another browser, or too long ago. Begin anew."
SAID_NO = "The provider of the single sign-on did not let you in."
SWITCHED_OFF = "You did not come in."


@method_decorator(never_cache, name="dispatch")
class Begin(OIDCAuthenticationRequestView):
    """To the provider. With ``again`` it asks for the password even of who is logged in there."""

    get_settings = staticmethod(provider.setting)

    def __init__(self, **kwargs: Any) -> None:
        super(OIDCAuthenticationRequestView, self).__init__(**kwargs)  # the original asks the provider here

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not provider.is_configured():
            raise Http404
        try:
            self.OIDC_OP_AUTH_ENDPOINT = provider.setting("OIDC_OP_AUTHORIZATION_ENDPOINT")
        except provider.Unusable as error:
            logger.error("Single sign-on: %s", error)
            return _sorry(request, AWAY, 503)
        self.OIDC_RP_CLIENT_ID = provider.setting("OIDC_RP_CLIENT_ID")
        return super().get(request)

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        return {"prompt": "login", "max_age": "0"} if "again" in request.GET else {}


@method_decorator(never_cache, name="dispatch")
class Callback(OIDCAuthenticationCallbackView):
    """Back from the provider, with a code that is changed for tokens."""

    get_settings = staticmethod(provider.setting)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not provider.is_configured():
            raise Http404
        if "error" in request.GET:
            return self._failed(SAID_NO, 403, f"it said {request.GET['error'][:100]!r}")
        if request.GET.get("state", "") not in request.session.get("oidc_states", {}):
            return self._failed(BEGUN_ELSEWHERE, 400, "the state is not one of this session")
        try:
            return super().get(request)
        except Refused as reason:
            return self._failed(str(reason), 403, str(reason))
        except (provider.Unusable, requests.ConnectionError, requests.Timeout) as error:
            return self._failed(AWAY, 503, type(error).__name__)
        except (SuspiciousOperation, PyJWTError, requests.RequestException, LookupError, TypeError) as error:
            return self._failed(BROKEN, 400, f"{type(error).__name__}: {_harmless(error)}")

    def login_success(self) -> HttpResponse:
        return entering.proceed(self.request, self.user, self.success_url)

    def login_failure(self) -> HttpResponseBase:
        return self._failed(SWITCHED_OFF, 403, "nobody was found")

    def _failed(self, words: str, status: int, why: str) -> HttpResponse:
        logger.warning("A log-in by single sign-on failed: %s", why)
        user_login_failed.send(__name__, credentials={}, request=self.request)
        return _sorry(self.request, words, status)


def _harmless(error: Exception) -> str:
    """An error's words where they are ours; a provider's answer may hold anything."""
    return str(error) if isinstance(error, SuspiciousOperation) else ""


def _sorry(request: HttpRequest, words: str, status: int) -> HttpResponse:
    return render(request, "registration/refused.html", {"words": words}, status=status)
