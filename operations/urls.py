"""The addresses of the operations API: no prefix, no trailing slash."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from operations.api import OperationViewSet
from operations.api_usage import usage
from operations.api_workers import WorkerViewSet
from operations.performance import api as performance
from operations.trail.api import audit

router = SimpleRouter(trailing_slash=False)
router.register("workers", WorkerViewSet, basename="worker")
router.register("operations", OperationViewSet, basename="operation")

urlpatterns = [
    path("", include(router.urls)),
    path("audit", audit),
    path("usage", usage),
    path("performance/durations", performance.durations),
    path("performance/stuck", performance.stuck),
    path("performance/vitals", performance.vitals),
    path("performance/statements", performance.statements),
]
