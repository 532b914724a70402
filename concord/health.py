"""How Concord is. Open to all, so it says nothing that a stranger may not know; cheap enough to ask all the time."""

import importlib.util
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connections
from drf_spectacular.utils import extend_schema
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from escalations.models import Escalation
from operations.models import Operation
from operations.shapes import HealthShape
from operations.states import MOVING
from workers import llm
from workers.models import RegisteredWorker

Json = dict[str, Any]

FRESH = 1.0  # seconds in which the same answer is given again
PATIENCE = 3.0  # seconds after which a database that does not answer counts as gone
NOT_COUNTED: Json = {"active_operations": None, "escalation_queue": None, "registered_workers": None, "workers": {}}


class Checkup:
    """Looks at the database and at Redis at most once a second, in a thread of its own that nobody waits for long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._doctor = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._looking: Future[Json] | None = None
        self._until = 0.0
        self._redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )

    def report(self) -> Json:
        """What `GET /health` answers."""
        try:
            return self._newest().result(PATIENCE)
        except NotInTime:
            return _report(redis_connected=self._redis_answers(), counted=None)

    def forget(self) -> None:
        """Look again next time."""
        self._until = 0.0

    def _newest(self) -> "Future[Json]":
        """The running look, or the last one while it is fresh, or a new one."""
        with self._lock:
            if self._looking is None or (self._looking.done() and time.monotonic() >= self._until):
                self._looking = self._doctor.submit(self._look)
            return self._looking

    def _look(self) -> Json:
        report = _report(redis_connected=self._redis_answers(), counted=_count())
        self._until = time.monotonic() + FRESH
        return report

    def _redis_answers(self) -> bool:
        try:
            return bool(self._redis.ping())
        except (redis.RedisError, OSError):
            return False


def _count() -> Json | None:
    """What the database says; None where it does not. On a connection of its own: that one can be made is the news."""
    try:
        return {
            "active_operations": Operation.objects.filter(status__in=MOVING).count(),
            "escalation_queue": Escalation.objects.open().count(),
            "workers": dict(RegisteredWorker.objects.filter(enabled=True).values_list("name", "healthy")),
        }
    except DatabaseError:
        return None
    finally:
        connections.close_all()


def _report(*, redis_connected: bool, counted: Json | None) -> Json:
    workers = counted["workers"] if counted else {}
    well = redis_connected and False not in workers.values()
    return {
        "status": ("healthy" if well else "degraded") if counted else "unhealthy",
        "redis_connected": redis_connected,
        "database_connected": counted is not None,
        "langgraph_available": importlib.util.find_spec("langgraph") is not None,
        **(counted | {"registered_workers": len(workers)} if counted else NOT_COUNTED),
        "config": {
            "confidence_threshold": settings.CONFIDENCE_THRESHOLD,
            "context_compression": settings.ENABLE_CONTEXT_COMPRESSION,
            "rewoo_planning": settings.ENABLE_REWOO_PLANNING,
            "model": llm.configured(),
        },
    }


checkup = Checkup()


@extend_schema(summary="How Concord is", tags=["health"], auth=[], responses={200: HealthShape, 503: HealthShape})
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
def health(request: Request) -> Response:
    """503 where the database is gone."""
    report = checkup.report()
    status = 200 if report["database_connected"] else 503
    return Response(report, status, headers={"Cache-Control": "no-store"})
