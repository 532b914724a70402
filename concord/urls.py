"""All addresses. Those of the API have no prefix and no trailing slash."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from concord.health import health
from concord.metrics.views import metrics
from concord.theme import choose as choose_theme

urlpatterns = [
    path("", RedirectView.as_view(url="/console/")),
    path("health", health),
    path("metrics", metrics),
    path("schema", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(permission_classes=[AllowAny]), name="docs"),
    path("", include("operations.urls")),
    path("", include("escalations.api_urls")),
    path("console/", include("escalations.dashboard.urls")),
    path("console/login", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("console/logout", auth_views.LogoutView.as_view(), name="logout"),
    path("console/theme", choose_theme, name="theme"),
    path("console/", include("escalations.urls")),
    path("console/", include("escalations.mine.urls")),
    path("console/", include("operations.console_urls")),
    path("console/", include("operations.data.urls")),
    path("console/", include("operations.fleet.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "concord.errors.bad_request"
handler403 = "concord.errors.forbidden"
handler404 = "concord.errors.not_found"
handler500 = "concord.errors.server_error"
