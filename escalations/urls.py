"""The console's addresses about what waits for a person, below /console/."""

from django.urls import path

from escalations import views

app_name = "escalations"
urlpatterns = [
    path("escalations", views.queue, name="queue"),
    path("escalations/<str:escalation_id>", views.escalation, name="escalation"),
    path("escalations/<str:escalation_id>/decide", views.decision, name="decide"),
    path("escalations/<str:escalation_id>/claim", views.claim, name="claim"),
    path("escalations/<str:escalation_id>/release", views.release, name="release"),
]
