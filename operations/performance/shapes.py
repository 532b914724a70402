"""What the performance calls answer, described for the OpenAPI document."""

from rest_framework import serializers as s

from operations.shapes import Shape
from operations.states import OperationType, Status


class Samples(s.ListField):
    """Milliseconds, the newest first."""

    child = s.FloatField()


class OperationDurationsShape(Shape):
    operation_type = s.ChoiceField(OperationType.choices)
    count = s.IntegerField()
    failed = s.IntegerField()
    asked_people = s.IntegerField(help_text="How many needed a person")
    wait_ms = Samples(help_text="From the POST until a queue worker took it up")
    work_ms = Samples(help_text="From there to the end, of those that completed without a person")
    between_ms = Samples(help_text="Of these the time in which no step was running: planning, saving, validating")


class StepDurationsShape(Shape):
    operation_type = s.ChoiceField(OperationType.choices)
    worker = s.CharField()
    action = s.CharField()
    count = s.IntegerField()
    failed = s.IntegerField()
    retried = s.IntegerField()
    total_ms = s.FloatField(help_text="Of all that completed")
    duration_ms = Samples(help_text="From the first attempt to the end, of those that completed")
    per_operation_ms = Samples(help_text="The median of each operation's calls")


class DurationsShape(Shape):
    """How long operations and steps took. Each group has at most the newest thousand samples."""

    since = s.DateTimeField()
    until = s.DateTimeField()
    operations = OperationDurationsShape(many=True)
    steps = StepDurationsShape(many=True)
    truncated = s.BooleanField(help_text="There were more; only the newest are told")


class StuckOperationShape(Shape):
    operation_id = s.CharField()
    operation_type = s.ChoiceField(OperationType.choices)
    status = s.ChoiceField(Status.choices)
    seconds = s.FloatField(help_text="How long nobody has come")
    due = s.BooleanField(help_text="false: nobody was to come at all, so that it waits for ever")


class StuckShape(Shape):
    """The operations that nobody has come for, those first that have waited longest."""

    operations = StuckOperationShape(many=True)
    truncated = s.BooleanField(help_text="There are more than these")


class StatementShape(Shape):
    statement = s.CharField(help_text="Without its values")
    calls = s.IntegerField()
    total_ms = s.FloatField()
    mean_ms = s.FloatField()
    max_ms = s.FloatField()
    rows = s.IntegerField()


class StatementsShape(Shape):
    """The statements that took Concord's database most time."""

    reason = s.CharField(allow_blank=True, help_text="Why the database cannot tell; empty where it can")
    statements = StatementShape(many=True)


class DatabaseVitalsShape(Shape):
    vendor = s.CharField()
    latency_ms = s.FloatField()
    size_bytes = s.IntegerField()
    connections = s.IntegerField(required=False, help_text="PostgreSQL")
    max_connections = s.IntegerField(required=False, help_text="PostgreSQL")
    oldest_transaction_seconds = s.FloatField(required=False, help_text="PostgreSQL")


class RedisVitalsShape(Shape):
    error = s.CharField(allow_null=True, help_text="Why Redis could not be asked; then it is all that is told")
    latency_ms = s.FloatField(required=False)
    used_memory_bytes = s.IntegerField(required=False)
    max_memory_bytes = s.IntegerField(required=False, allow_null=True, help_text="null: no limit is set")
    clients = s.IntegerField(required=False)
    evicted_keys = s.IntegerField(required=False)
    version = s.CharField(required=False)


class QueueVitalsShape(Shape):
    ready = s.IntegerField(help_text="Operations that a queue worker could take up now")
    oldest_ready_seconds = s.FloatField()
    moving = s.IntegerField(help_text="Operations that are planned, executed or validated")
    held = s.IntegerField(help_text="Operations in the hands of a queue worker")
    rings = s.IntegerField(allow_null=True, help_text="null where Redis is away")
    queue_workers = s.IntegerField(allow_null=True, help_text="null where Redis is away")


class VitalsShape(Shape):
    """How what Concord stands on is doing."""

    database = DatabaseVitalsShape()
    redis = RedisVitalsShape()
    queue = QueueVitalsShape()
