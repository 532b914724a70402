"""What the API answers, described for its OpenAPI document. The answers are made in `operations.representation`.

A test holds real answers against these.
"""

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers as s

from operations.models import ModelCall
from operations.states import OperationType, Status, StepStatus


class Shape(s.Serializer[Any]):
    """A description: nothing is ever read or written with it. Clients know it by its name without `Shape`."""

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        set_override(cls, "component_name", cls.__name__.removesuffix("Shape"))


def page_of(shape: type[Shape]) -> type[Shape]:
    """A page of a list of ``shape``."""
    fields = {
        "next": s.URLField(allow_null=True, help_text="The address of the next page"),
        "previous": s.URLField(allow_null=True),
        "results": shape(many=True),
    }
    name = f"{shape.__name__.removesuffix('Shape')}PageShape"
    return extend_schema_serializer(many=False)(type(name, (Shape,), fields))


class FieldErrorShape(Shape):
    field = s.CharField(help_text="The path of the field at fault, such as parameters.counties.0")
    message = s.CharField()


class ProblemShape(Shape):
    """An error, as RFC 9457 has it."""

    type = s.CharField()
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField(help_text="What happened, and what to do about it")
    instance = s.CharField()
    errors = FieldErrorShape(many=True, required=False)  # type: ignore[assignment]


class StepShape(Shape):
    id = s.CharField()
    label = s.CharField(allow_null=True)  # type: ignore[assignment]
    worker = s.CharField()
    action = s.CharField()
    arguments = s.JSONField(help_text="As planned: #E1 stands for the result of E1")
    depends_on = s.ListField(child=s.CharField())
    status = s.ChoiceField(StepStatus.choices)
    attempts = s.IntegerField()
    result = s.JSONField()
    error = s.CharField(allow_null=True)
    progress = s.JSONField()
    started_at = s.DateTimeField(allow_null=True)
    finished_at = s.DateTimeField(allow_null=True)


class OperationLinksShape(Shape):
    self = s.CharField()
    events = s.CharField()
    model_calls = s.CharField()
    console = s.CharField()


class OperationRowShape(Shape):
    """An operation without its steps."""

    operation_id = s.CharField()
    operation_type = s.ChoiceField(OperationType.choices)
    status = s.ChoiceField(Status.choices)
    result = s.JSONField()
    error = s.CharField(allow_null=True)
    confidence_score = s.FloatField(allow_null=True, min_value=0, max_value=1)
    requires_human = s.BooleanField()
    execution_time_ms = s.IntegerField()
    token_usage = s.IntegerField(help_text="The sum of its model calls")
    cost_usd = s.FloatField(allow_null=True, help_text="null: that of a call is not known")
    metadata = s.DictField()
    parameters = s.DictField()
    priority = s.IntegerField()
    timeout_seconds = s.IntegerField()
    require_validation = s.BooleanField()
    confidence = s.JSONField(help_text="The signals behind the score, each with weight and words")
    plan_source = s.CharField(allow_null=True)
    created_at = s.DateTimeField()
    started_at = s.DateTimeField(allow_null=True, help_text="When a queue worker first took it up")
    updated_at = s.DateTimeField()
    ended_at = s.DateTimeField(allow_null=True)
    links = OperationLinksShape()


class OperationShape(OperationRowShape):
    """An operation with its steps."""

    steps = StepShape(many=True)


class EvidenceShape(Shape):
    """A piece of a step's result."""

    ref = s.CharField()
    kind = s.ChoiceField(["list", "object", "text", "value"])
    total = s.IntegerField(
        help_text="Elements of the list, entries of the object, characters of the text; 1 of a value"
    )
    offset = s.IntegerField()
    value = s.JSONField()
    next = s.URLField(allow_null=True, help_text="The address of the next piece")


class EventShape(Shape):
    id = s.IntegerField()
    kind = s.CharField(help_text="The status moved to, or what happened")
    message = s.CharField(allow_blank=True)
    actor = s.CharField(allow_null=True, help_text="Who did it; null: Concord itself")
    data = s.JSONField()  # type: ignore[assignment]
    created_at = s.DateTimeField()


class PricesShape(Shape):
    """For a million tokens, as they were at the time of the call; null: not known."""

    input_usd = s.FloatField(allow_null=True)
    cached_usd = s.FloatField(allow_null=True)
    output_usd = s.FloatField(allow_null=True)
    source = s.CharField(allow_null=True)  # type: ignore[assignment]


class ModelCallShape(Shape):
    """One HTTP call of a language model, also a failed one; or one that a cache saved."""

    id = s.IntegerField()
    step = s.CharField(allow_null=True)
    purpose = s.CharField()
    model = s.CharField(allow_null=True)
    state = s.ChoiceField(ModelCall.State.choices)
    error = s.CharField(allow_null=True)
    prompt_tokens = s.IntegerField()
    completion_tokens = s.IntegerField()
    cached_tokens = s.IntegerField(help_text="Of the prompt: what the provider had already")
    estimated = s.BooleanField(help_text="The server never said: counted by Concord")
    cache_hit = s.BooleanField(help_text="No call was needed: a plan was in the cache")
    tokens_before_compression = s.IntegerField(allow_null=True)
    tokens_after_compression = s.IntegerField(allow_null=True)
    latency_ms = s.IntegerField(allow_null=True)
    cost_usd = s.FloatField(allow_null=True, help_text="null: not known")
    prices = PricesShape()
    created_at = s.DateTimeField()


class UsageSumsShape(Shape):
    """What calls added up to."""

    operations = s.IntegerField()
    calls = s.IntegerField(help_text="HTTP calls, failed ones too")
    failed_calls = s.IntegerField()
    estimated_calls = s.IntegerField(help_text="Of which the server never said what it counted")
    plan_cache_hits = s.IntegerField()
    tokens = s.IntegerField()
    prompt_tokens = s.IntegerField()
    completion_tokens = s.IntegerField()
    cached_tokens = s.IntegerField()
    cost_usd = s.FloatField(allow_null=True, help_text="null: that of a call is not known")
    unpriced_calls = s.IntegerField()
    mean_latency_ms = s.IntegerField(allow_null=True)
    tokens_before_compression = s.IntegerField()
    tokens_after_compression = s.IntegerField()


class UsageGroupShape(UsageSumsShape):
    """What the calls of a group added up to."""

    group = s.CharField(help_text="The operation type, day, purpose or model")


class UsageLimitsShape(Shape):
    tokens_per_day = s.IntegerField(allow_null=True)
    usd_per_day = s.FloatField(allow_null=True)


class UsagePeriodShape(Shape):
    to = s.DateTimeField()
    by = s.CharField()
    results = UsageGroupShape(many=True)
    total = UsageSumsShape()
    limits = UsageLimitsShape()


# "from" is no name for an attribute.
UsageShape: type[Shape] = type("UsageShape", (UsagePeriodShape,), {"from": s.DateTimeField()})


class WorkerShape(Shape):
    name = s.CharField()
    url = s.CharField()
    enabled = s.BooleanField()
    healthy = s.BooleanField(allow_null=True, help_text="null: not asked yet")
    error = s.CharField(allow_null=True)
    checked_at = s.DateTimeField(allow_null=True)
    failures = s.IntegerField(help_text="Calls that failed in a row, since the last one that did not")
    open_until = s.DateTimeField(allow_null=True, help_text="After too many failures: not called before this time")
    version = s.CharField(allow_null=True)
    actions = s.ListField(child=s.DictField(), help_text="As its manifest describes them")


class HealthConfigShape(Shape):
    confidence_threshold = s.FloatField()
    context_compression = s.BooleanField()
    rewoo_planning = s.BooleanField()
    model = s.BooleanField(help_text="Is a language model configured?")


class HealthShape(Shape):
    status = s.ChoiceField(["healthy", "degraded", "unhealthy"])
    redis_connected = s.BooleanField()
    database_connected = s.BooleanField()
    langgraph_available = s.BooleanField(help_text="Is that package installed here? Concord does not need it")
    active_operations = s.IntegerField(allow_null=True)
    escalation_queue = s.IntegerField(allow_null=True)
    registered_workers = s.IntegerField(allow_null=True)
    workers = s.DictField(child=s.BooleanField(allow_null=True), help_text="By name: healthy? null: not asked yet")
    config = HealthConfigShape()
