"""All addresses. Those of the API have no prefix and no trailing slash."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from concord.health import health
from concord.metrics.views import metrics
from concord.people.oidc import views as oidc
from concord.people.views import login
from concord.theme import choose as choose_theme

urlpatterns = [
    path("", RedirectView.as_view(url="/console/", http_method_names=["get", "head"])),
    path("health", health),
    path("metrics", metrics),
    path("schema", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(permission_classes=[AllowAny]), name="docs"),
    path("", include("operations.urls")),
    path("", include("escalations.api_urls")),
    path("console/", include("escalations.dashboard.urls")),
    path("console/login", login.LogIn.as_view(), name="login"),
    path("console/login/code", login.code, name="login-code"),
    path("console/login/enrol", login.enrol, name="login-enrol"),
    path("console/login/oidc", oidc.Begin.as_view(), name="login-oidc"),
    path("console/login/oidc/callback", oidc.Callback.as_view(), name="login-oidc-callback"),
    path("console/", include("concord.people.urls")),
    path("console/logout", auth_views.LogoutView.as_view(), name="logout"),
    path("console/theme", choose_theme, name="theme"),
    path("console/", include("escalations.urls")),
    path("console/", include("escalations.mine.urls")),
    path("console/", include("operations.console_urls")),
    path("console/", include("operations.data.urls")),
    path("console/", include("operations.fleet.urls")),
    path("console/", include("operations.masking.urls")),
    path("console/", include("operations.trail.urls")),
    path("admin/login/", login.admin_login),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account:password")),
    path("admin/", admin.site.urls),
]

handler400 = "concord.errors.bad_request"
handler403 = "concord.errors.forbidden"
handler404 = "concord.errors.not_found"
handler500 = "concord.errors.server_error"
