"""The address of the dashboard, which is that of the console."""

from django.urls import path

from escalations.dashboard import views

app_name = "dashboard"
urlpatterns = [path("", views.dashboard, name="dashboard")]
