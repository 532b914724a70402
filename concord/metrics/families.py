"""The figures that add up, by name: their words, labels and buckets, and how they rise."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

Key = tuple[str, str, str]  # name, the labels' values as JSON, part
SUM = "sum"
LAST = "+Inf"

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
WORK = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
PEOPLE = (10, 30, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 259_200)
SHARES = tuple(step / 20 for step in range(1, 21))


@dataclass(frozen=True)
class Family:
    """A counter, or with ``buckets`` a histogram."""

    name: str
    words: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def bounds(self) -> list[str]:
        return [*map(floatToGoString, self.buckets), LAST]

    def metric(self, parts: Mapping[str, Mapping[str, float]]) -> Metric:
        """As Prometheus takes it; ``parts`` by labels."""
        if not self.buckets:
            counter = CounterMetricFamily(self.name, self.words, labels=self.labels)
            for labels, values in sorted(parts.items()):
                counter.add_metric(json.loads(labels), values.get("", 0))
            return counter
        histogram = HistogramMetricFamily(self.name, self.words, labels=self.labels)
        for labels, values in sorted(parts.items()):
            heights = accumulate(values.get(bound, 0) for bound in self.bounds)
            histogram.add_metric(json.loads(labels), list(zip(self.bounds, heights, strict=True)), values.get(SUM, 0))
        return histogram


class Rise:
    """By how much figures rise."""

    def __init__(self) -> None:
        self.values: defaultdict[Key, float] = defaultdict(float)

    def count(self, family: Family, *labels: str, by: float = 1) -> None:
        if by:
            self.values[family.name, _text(labels), ""] += by

    def observe(self, family: Family, value: float, *labels: str) -> None:
        """One more value, below zero taken for zero: clocks of two machines are never quite alike."""
        value = max(0.0, value)
        bound = family.bounds[bisect_left(family.buckets, value)]
        self.values[family.name, _text(labels), bound] += 1
        self.values[family.name, _text(labels), SUM] += value


def _text(labels: Iterable[str]) -> str:
    return json.dumps(list(labels), ensure_ascii=False)


def metrics(families: Iterable[Family], values: Mapping[Key, float]) -> Iterable[Metric]:
    """All ``families``, as far as there are values of them; a counter without labels begins with 0."""
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for (name, labels, part), value in values.items():
        found[name][labels][part] = value
    for family in families:
        parts = found.get(family.name, {})
        if not parts and not family.labels:
            parts = {"[]": {}}
        yield family.metric(parts)


MOVES = Family(
    "concord_operation_moves_total", "Moves of operations, by the status moved to", ("operation_type", "status")
)
OPERATION_SECONDS = Family(
    "concord_operation_seconds", "From the POST to the end, people's time included", ("operation_type", "status"), WORK
)
PHASE_SECONDS = Family("concord_phase_seconds", "How long operations were in a status", ("phase",), WORK)
QUEUE_WAIT = Family(
    "concord_queue_wait_seconds", "From the POST until a queue worker took it up", (), (*QUICK, 30, 60, 300)
)
STEPS = Family("concord_steps_total", "Steps that ended", ("worker", "action", "status"))
STEP_SECONDS = Family("concord_step_seconds", "From a step's first call to its end", ("worker", "action"), WORK)
STEP_RETRIES = Family("concord_step_retries_total", "Calls of steps that were tried again")
RESCUES = Family("concord_rescues_total", "Operations that were taken up again after their queue worker was lost")
CONFIDENCE = Family(
    "concord_confidence", "The confidence in results, when they were judged", ("operation_type",), SHARES
)
PLANS = Family("concord_plans_total", "Plans that were made, by their source", ("source",))
BASELINE_TOKENS = Family(
    "concord_baseline_tokens_total",
    "Tokens that completed operations would have taken with a model asked before every step",
)
DECISIONS = Family("concord_decisions_total", "Decisions of people", ("decision", "reason"))
DECISION_SECONDS = Family("concord_decision_seconds", "From the question to the answer", ("decision",), PEOPLE)
REVIEW_SECONDS = Family("concord_review_seconds", "From the claim to the answer: a person's own time", (), PEOPLE)
MODEL_CALLS = Family("concord_model_calls_total", "HTTP calls of models", ("purpose", "outcome"))
MODEL_TOKENS = Family(
    "concord_model_tokens_total", "Tokens: prompt (not cached), cached, completion", ("purpose", "kind")
)
MODEL_COST = Family("concord_model_cost_usd_total", "What model calls cost, as far as prices are known", ("purpose",))
MODEL_UNPRICED = Family("concord_model_calls_unpriced_total", "Model calls whose price is not known")
MODEL_SECONDS = Family("concord_model_call_seconds", "How long HTTP calls of models took", ("purpose",), WORK)
COMPRESSION = Family("concord_compression_tokens_total", "Tokens before and after the compressor", ("side",))
CACHE_HITS = Family("concord_plan_cache_hits_total", "Plans that a kept one saved the model")
TALLIED = (
    MOVES,
    OPERATION_SECONDS,
    PHASE_SECONDS,
    QUEUE_WAIT,
    STEPS,
    STEP_SECONDS,
    STEP_RETRIES,
    RESCUES,
    CONFIDENCE,
    PLANS,
    BASELINE_TOKENS,
    DECISIONS,
    DECISION_SECONDS,
    REVIEW_SECONDS,
    MODEL_CALLS,
    MODEL_TOKENS,
    MODEL_COST,
    MODEL_UNPRICED,
    MODEL_SECONDS,
    COMPRESSION,
    CACHE_HITS,
)

HTTP_REQUESTS = Family("concord_http_requests_total", "HTTP requests that were answered", ("method", "route", "status"))
HTTP_SECONDS = Family("concord_http_request_seconds", "How long views took", ("method", "route"), QUICK)
LOG_INS = Family("concord_log_ins_total", "Log-ins of people: in, failed, throttled", ("outcome",))
REFUSED = Family(
    "concord_refused_total", "Requests and sockets that a limit refused, by the kind of limit or the status", ("limit",)
)
COUNTED_ALONE = Family("concord_counted_alone_total", "Calls that a process counted alone, since Redis was away")
OF_PROCESSES = (HTTP_REQUESTS, HTTP_SECONDS, LOG_INS, REFUSED, COUNTED_ALONE)
