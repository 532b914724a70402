"""Logging in: the name and the password, then a code where one is due."""

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from concord.people import counting, entering, throttle
from concord.people.forms import LogInForm
from concord.people.views import enrolling


@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class LogIn(auth_views.LoginView):
    """The one page where people log in, for the console as for the admin."""

    authentication_form = LogInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.OIDC_ONLY:
            raise PermissionDenied("People log in by single sign-on here.")
        counts = counting.counts(request, request.POST.get("username", ""))
        if wait := throttle.take(*counts):
            page = self.get_context_data(form=LogInForm(request), wait=wait)
            return counting.too_many(render(request, "registration/login.html", page), wait)
        answer = super().post(request, *args, **kwargs)
        if self.found:
            throttle.give_back(*counts)
        return answer

    found = False

    def form_valid(self, form: Any) -> HttpResponse:
        self.found = True
        return entering.proceed(self.request, form.get_user(), self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = {"with_oidc": bool(settings.OIDC_ISSUER), "with_password": not settings.OIDC_ONLY}
        return super().get_context_data(**given | kwargs)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the authenticator, or a recovery code."""
    who = entering.pending(request)
    if who is None:
        return redirect("login")
    if request.method == "GET":
        return render(request, "registration/code.html")
    right, wait = entering.take_code(request, who.user, request.POST.get("code", ""))
    if right:
        return entering.finish(request, who)
    if wait:
        return counting.too_many(render(request, "registration/code.html", {"wait": wait}), wait)
    counting.failed(request, who.user)
    return render(request, "registration/code.html", {"wrong": True})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """The second step of who must have an authenticator and has none."""
    who = entering.pending(request)
    if who is None:
        return redirect("login")
    return enrolling.answer(
        request, who.user, target=who.target, at_log_in=True, then=lambda: entering.log_in(request, who)
    )


@never_cache
def admin_login(request: HttpRequest) -> HttpResponseBase:
    """The admin's own log-in page: there is but one. Who is logged in already is told that the admin is not for him."""
    if request.user.is_authenticated:
        raise PermissionDenied
    target = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('login')}?{urlencode({'next': target})}")
