"""What is so at this moment: few queries, each bounded by an index to rows that are not done with."""

from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from redis import Redis
from rq import Queue, worker_registration

from concord.metrics.folding import BEAT
from concord.metrics.models import Mark
from escalations.models import Escalation
from operations.audit import chain
from operations.audit.models import Entry
from operations.models import ModelCall, Operation, PlanCache
from operations.states import ENDED, MOVING, Status
from workers.models import RegisteredWorker
from workers.registry import TRIPS_AFTER


def operations() -> Iterable[Metric]:
    """Those that have not ended; of the others the moves tell."""
    unfinished = Operation.objects.filter(status__in=frozenset(Status) - ENDED).order_by()
    late = Count("pk", filter=Q(status__in=MOVING, deadline_at__lt=timezone.now()))
    metric = GaugeMetricFamily(
        "concord_operations", "Operations that have not ended", labels=["operation_type", "status"]
    )
    overdue = 0
    counted = unfinished.values_list("operation_type", "status").annotate(number=Count("pk"), late=late)
    for operation_type, status, number, late_ones in counted:
        metric.add_metric([operation_type, status], number)
        overdue += late_ones
    yield metric
    yield _one("concord_operations_overdue", "Operations at work past their time limit", overdue)


def waiting() -> Iterable[Metric]:
    """How many wait for a queue worker, and since when."""
    now = timezone.now()
    ready = Operation.objects.ready(now).order_by().aggregate(number=Count("pk"), oldest=Min("wake_at"))
    age = (now - ready["oldest"]).total_seconds() if ready["oldest"] else 0
    yield _one("concord_operations_ready", "Operations that a queue worker could take up", ready["number"])
    yield _one("concord_queue_oldest_seconds", "How long the oldest of these has waited", age)


def escalations() -> Iterable[Metric]:
    asked = Escalation.objects.open().aggregate(number=Count("pk"), oldest=Min("created_at"))
    age = (timezone.now() - asked["oldest"]).total_seconds() if asked["oldest"] else 0
    yield _one("concord_escalations_open", "Escalations that wait for a person", asked["number"])
    yield _one("concord_escalation_oldest_seconds", "How long the oldest open one has waited", age)


def workers() -> Iterable[Metric]:
    healthy = GaugeMetricFamily("concord_worker_healthy", "1: healthy; 0: not, or not asked yet", labels=["worker"])
    circuit = GaugeMetricFamily(
        "concord_worker_circuit_open", "1: so many calls failed in a row that it is left alone", labels=["worker"]
    )
    failures = GaugeMetricFamily("concord_worker_failures", "Failed calls in a row", labels=["worker"])
    for name, well, failed in RegisteredWorker.objects.filter(enabled=True).values_list("name", "healthy", "failures"):
        healthy.add_metric([name], float(bool(well)))
        circuit.add_metric([name], float(failed >= TRIPS_AFTER))
        failures.add_metric([name], failed)
    return healthy, circuit, failures


def model_calls() -> Iterable[Metric]:
    """What today's calls (since midnight, UTC) took of the day's budget."""
    tokens = GaugeMetricFamily("concord_model_tokens_today", "Tokens since midnight (UTC)", labels=["purpose"])
    calls = GaugeMetricFamily("concord_model_calls_today", "HTTP calls of models since then", labels=["purpose"])
    failed = GaugeMetricFamily("concord_model_calls_failed_today", "Failed ones of these", labels=["purpose"])
    usd = Decimal(0)
    made = ModelCall.objects.today().filter(cache_hit=False).order_by().values_list("purpose")
    sums = made.annotate(
        number=Count("pk"),
        failures=Count("pk", ~Q(error="")),
        spent=Sum(F("prompt_tokens") + F("completion_tokens")),
        cost=Sum("cost_usd"),
    )
    for purpose, number, failures, spent, cost in sums:
        tokens.add_metric([purpose], spent)
        calls.add_metric([purpose], number)
        failed.add_metric([purpose], failures)
        usd += cost or 0
    yield from (tokens, calls, failed)
    yield _one("concord_model_usd_today", "What they cost, as far as prices are known", float(usd))
    yield _one("concord_model_tokens_limit", "Tokens that a day may take; 0: no limit", settings.TOKENS_PER_DAY)
    yield _one("concord_model_usd_limit", "US dollars that a day may take; 0: no limit", settings.USD_PER_DAY)


def upkeep() -> Iterable[Metric]:
    kept = PlanCache.objects.filter(proven_at__isnull=False).count()
    yield _one("concord_plan_cache_entries", "Plans that are kept for the next operation", kept)
    seen = Mark.objects.filter(source=BEAT).values_list("seen_at", flat=True).first()
    if seen:
        age = (timezone.now() - seen).total_seconds()
        yield _one("concord_sweeper_age_seconds", "Since the sweeper last added up these figures", age)


def audit() -> Iterable[Metric]:
    """How long the trail is, and for how long the oldest entry has waited for its place in the chain."""
    waits = Entry.objects.filter(sequence=None).order_by("id").values_list("at", flat=True).first()
    age = (timezone.now() - waits).total_seconds() if waits else 0
    yield _one("concord_audit_entries", "Entries of the audit trail that are in its chain", chain.head().sequence)
    yield _one("concord_audit_unsealed_seconds", "How long the oldest entry has waited for its place in it", age)


def queue(redis: Redis) -> Iterable[Metric]:
    doorbell = Queue(settings.QUEUE, connection=redis)
    keys = worker_registration.get_keys(doorbell)
    alive = redis.exists(*keys) if keys else 0
    yield _one("concord_queue_rings", "Rings in Redis that no queue worker has answered yet", doorbell.count)
    yield _one("concord_queue_workers", "Queue workers that have been heard of lately", alive)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)
