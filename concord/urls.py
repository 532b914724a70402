"""All addresses. Those of the API have no prefix and no trailing slash."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from concord.health import health

urlpatterns = [
    path("", RedirectView.as_view(url="/console/")),
    path("health", health),
    path("", include("operations.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "concord.errors.bad_request"
handler403 = "concord.errors.forbidden"
handler404 = "concord.errors.not_found"
handler500 = "concord.errors.server_error"
