"""The console's addresses about what waits for a person, below /console/."""

from django.urls import path

from escalations import views
from escalations.deciding import claim_views
from escalations.deciding import views as decide_views
from escalations.editing import views as editing
from escalations.queue import batch_views, saved
from escalations.queue import views as queue_views
from escalations.talk import views as talk_views

app_name = "escalations"
urlpatterns = [
    path("escalations", queue_views.queue, name="queue"),
    path("escalations/news", queue_views.news, name="news"),
    path("escalations/decide", batch_views.decide, name="decide_all"),
    path("escalations/batches/<str:batch_id>", batch_views.result, name="batch"),
    path("escalations/batches/<str:batch_id>/undo", batch_views.take_back, name="take_back_all"),
    path("escalations/views", saved.save, name="save_view"),
    path("escalations/views/<int:view_id>", saved.change, name="change_view"),
    path("escalations/<str:escalation_id>", views.escalation, name="escalation"),
    path("escalations/<str:escalation_id>/decide", decide_views.decision, name="decide"),
    path("escalations/<str:escalation_id>/preview", decide_views.preview, name="preview"),
    path("escalations/<str:escalation_id>/undo", decide_views.take_back, name="undo"),
    path("escalations/<str:escalation_id>/claim", claim_views.claim, name="claim"),
    path("escalations/<str:escalation_id>/hold", claim_views.hold, name="hold"),
    path("escalations/<str:escalation_id>/edit", editing.edit, name="edit"),
    path("escalations/<str:escalation_id>/edit/preview", editing.preview, name="edit-preview"),
    path("escalations/<str:escalation_id>/edit/resume", editing.resume, name="edit-resume"),
    path("escalations/<str:escalation_id>/release", claim_views.release, name="release"),
    path("escalations/<str:escalation_id>/talk", talk_views.conversation, name="talk"),
    path("escalations/<str:escalation_id>/comment", talk_views.comment, name="comment"),
    path("escalations/<str:escalation_id>/assign", talk_views.assign, name="assign"),
]
