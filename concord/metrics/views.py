"""`GET /metrics`."""

import logging
from collections.abc import Callable, Iterable

from django.db import DatabaseError
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request

from concord.metrics import now, process
from concord.metrics.bounded import bounded
from concord.metrics.families import OF_PROCESSES, TALLIED
from concord.metrics.families import metrics as shown
from concord.metrics.models import Tally
from operations import rights
from operations.permissions import takes
from operations.schema import refusals

logger = logging.getLogger(__name__)

Part = Callable[[], Iterable[Metric]]


def tallies() -> Iterable[Metric]:
    """What the sweeper has added up."""
    rows = Tally.objects.values_list("name", "labels", "part", "value")
    return shown(TALLIED, {(name, labels, part): value for name, labels, part, value in rows})


def in_redis() -> Iterable[Metric]:
    """The doorbell, and what the processes say of themselves."""
    with process.client() as redis:
        yield from now.queue(redis)
        values, sockets = process.told(redis)
    yield from shown(OF_PROCESSES, values)
    yield GaugeMetricFamily("concord_websockets_open", "Sockets that are open, of all processes", sockets)


def _bounded(part: Part) -> Part:
    def queried() -> Iterable[Metric]:
        with bounded():
            return list(part())

    return queried


IN_DATABASE = (
    now.operations,
    now.waiting,
    now.escalations,
    now.workers,
    now.model_calls,
    now.upkeep,
    now.audit,
    tallies,
)
PARTS: dict[str, Part] = {part.__name__: _bounded(part) for part in IN_DATABASE} | {"redis": in_redis}


class Concord(Collector):
    """All figures, part by part: one that cannot be had is left out, and says so."""

    def collect(self) -> Iterable[Metric]:
        well = GaugeMetricFamily("concord_metrics_complete", "1: this part of the figures is here", labels=["part"])
        for name, part in PARTS.items():
            try:
                found = list(part())
            except (DatabaseError, RedisError, OSError) as error:
                logger.warning("The metrics lack the part %s: %s", name, error)
                well.add_metric([name], 0)
            else:
                well.add_metric([name], 1)
                yield from found
        yield well


registry = CollectorRegistry(auto_describe=False)
registry.register(Concord())


@extend_schema(
    summary="Metrics for Prometheus", tags=["metrics"], responses={(200, "text/plain"): OpenApiTypes.STR, **refusals()}
)
@api_view(["GET"])
@permission_classes(takes(rights.SCRAPE))
def metrics(request: Request) -> HttpResponse:
    """For a key with the scope `metrics` or `read_all`, or a person who sees all. Parts that are away are left out."""
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
