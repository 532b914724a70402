"""`GET /metrics` for Prometheus: counted from the database when it is asked for, so every process says the same."""

from collections.abc import Iterable

import django_rq
from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rest_framework.decorators import api_view
from rest_framework.request import Request

from escalations.models import Escalation
from operations import usage
from operations.models import ModelCall, Operation, PlanCache
from operations.schema import refusals
from operations.states import Planner
from workers.models import RegisteredWorker


class State(Collector):
    """Concord's state as gauges."""

    def collect(self) -> Iterable[Metric]:
        yield self._operations()
        yield self._ready()
        yield from self._plans()
        yield from self._escalations()
        yield self._workers()
        yield from self._model_calls()
        yield from self._rings()

    def _operations(self) -> Metric:
        metric = GaugeMetricFamily("concord_operations", "Operations kept", labels=["operation_type", "status"])
        kinds = Operation.objects.values_list("operation_type", "status").annotate(number=Count("pk")).order_by()
        for operation_type, status, number in kinds:
            metric.add_metric([operation_type, status], number)
        return metric

    def _ready(self) -> Metric:
        ready = Operation.objects.ready(timezone.now()).count()
        return GaugeMetricFamily("concord_operations_ready", "Operations that a queue worker could take up", ready)

    def _plans(self) -> Iterable[Metric]:
        """Where plans came from; of those for which a model is asked, the share that the cache answered."""
        metric = GaugeMetricFamily("concord_plans", "Operations by the source of their plan", labels=["source"])
        sources = dict(Operation.objects.exclude(plan_source="").values_list("plan_source").annotate(Count("pk")))
        for source, number in sorted(sources.items()):
            metric.add_metric([source], number)
        yield metric
        hits, misses = sources.get(Planner.CACHE, 0), sources.get(Planner.REWOO, 0)
        if hits + misses:
            rate = hits / (hits + misses)
            yield GaugeMetricFamily("concord_plan_cache_hit_ratio", "Of the plans by a model, those kept before", rate)
        kept = PlanCache.objects.filter(proven_at__isnull=False).count()
        yield GaugeMetricFamily("concord_plan_cache_entries", "Plans that are kept for the next operation", kept)

    def _escalations(self) -> Iterable[Metric]:
        waiting = Escalation.objects.open().aggregate(number=Count("pk"), oldest=Min("created_at"))
        age = (timezone.now() - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0
        yield GaugeMetricFamily("concord_escalations_open", "Escalations that wait for a person", waiting["number"])
        yield GaugeMetricFamily("concord_escalation_oldest_seconds", "How long the oldest open one has waited", age)

    def _workers(self) -> Metric:
        metric = GaugeMetricFamily("concord_worker_healthy", "1: healthy; 0: not, or not asked yet", labels=["worker"])
        for name, healthy in RegisteredWorker.objects.filter(enabled=True).values_list("name", "healthy"):
            metric.add_metric([name], float(bool(healthy)))
        return metric

    def _model_calls(self) -> Iterable[Metric]:
        tokens = GaugeMetricFamily("concord_model_tokens_today", "Tokens since midnight (UTC)", labels=["purpose"])
        calls = GaugeMetricFamily("concord_model_calls_today", "HTTP calls of models since then", labels=["purpose"])
        failed = GaugeMetricFamily("concord_model_calls_failed_today", "Failed ones of these", labels=["purpose"])
        for row in usage.grouped(ModelCall.objects.today(), "purpose"):
            tokens.add_metric([row["group"]], row["tokens"])
            calls.add_metric([row["group"]], row["calls"])
            failed.add_metric([row["group"]], row["failed_calls"])
        return tokens, calls, failed

    def _rings(self) -> Iterable[Metric]:
        try:
            rings = django_rq.get_queue(settings.QUEUE).count
        except (RedisError, OSError):
            return
        yield GaugeMetricFamily("concord_queue_rings", "Rings in Redis that no queue worker has answered yet", rings)


registry = CollectorRegistry(auto_describe=False)
registry.register(State())


@extend_schema(
    summary="Metrics for Prometheus", tags=["metrics"], responses={(200, "text/plain"): OpenApiTypes.STR, **refusals()}
)
@api_view(["GET"])
def metrics(request: Request) -> HttpResponse:
    """Needs a key, or a person's session, like the rest of the API."""
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
