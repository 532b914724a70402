"""The console's addresses about the workers, below /console/."""

from django.urls import path

from operations.fleet import views

app_name = "fleet"
urlpatterns = [
    path("workers", views.workers, name="workers"),
    path("workers/<str:name>", views.worker, name="worker"),
    path("workers/<str:name>/enable", views.enable, name="enable"),
    path("workers/<str:name>/disable", views.disable, name="disable"),
    path("workers/<str:name>/ask", views.ask, name="ask"),
    path("workers/<str:name>/reset", views.reset, name="reset"),
]
