"""The console's addresses of the audit trail, below /console/."""

from django.urls import path

from operations.trail import views

app_name = "audit"
urlpatterns = [
    path("audit", views.audit, name="audit"),
    path("audit/export", views.export, name="export"),
]
