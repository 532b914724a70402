"""The addresses of the escalations API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from escalations.api import EscalationViewSet

router = SimpleRouter(trailing_slash=False)
router.register("escalations", EscalationViewSet, basename="escalation")

urlpatterns = [path("", include(router.urls))]
