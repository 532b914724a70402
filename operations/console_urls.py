"""The console's addresses about operations, below /console/."""

from django.urls import path

from operations import views
from operations.starting import views as starting

app_name = "operations"
urlpatterns = [
    path("operations", views.operations, name="operations"),
    path("operations/new", starting.new, name="new"),
    path("operations/new/plan", starting.plan, name="new_plan"),
    path("operations/new/start", starting.start, name="new_start"),
    path("operations/<str:operation_id>", views.operation, name="operation"),
    path("operations/<str:operation_id>/cancel", views.cancel, name="cancel"),
    path("operations/<str:operation_id>/retry", views.retry, name="retry"),
    path("operations/<str:operation_id>/steps/<str:step_id>", views.step, name="step"),
]
