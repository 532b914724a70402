"""Give the questions that exist their place in the queue and their cause, as new ones get them."""

from django.db import migrations

from escalations.causes import cause_of
from escalations.urgency import READS, stake, weighed

AT_ONCE = 500


def judge_old(apps, schema_editor):
    manifests = apps.get_model("workers", "RegisteredWorker").objects.values_list("name", "manifest")
    told = {(name, action["name"]): action for name, manifest in manifests for action in manifest.get("actions", [])}
    escalations = apps.get_model("escalations", "Escalation").objects
    rows = escalations.filter(cause="").select_related("operation").only(
        "reason", "findings", "steps", "confidence_score", "created_at", "operation__priority"
    )
    changed = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        steps = row.operation.steps.values_list("step_id", "worker", "action")
        calls = sorted({(worker, action) for step, worker, action in steps if not row.steps or step in row.steps})
        fields = weighed(
            reason=row.reason,
            priority=row.operation.priority,
            stake=max((stake(told.get(call)) for call in calls), default=READS),
            confidence_score=row.confidence_score,
            created_at=row.created_at,
        )
        row.cause = cause_of(row.reason, row.findings, calls)
        for name, value in fields.items():
            setattr(row, name, value)
        changed.append(row)
    escalations.bulk_update(changed, ["risk", "uncertainty", "rank", "cause"], batch_size=AT_ONCE)


class Migration(migrations.Migration):
    dependencies = [
        ("escalations", "0007_review_console"),
        ("operations", "0008_stepping_budget"),
        ("workers", "0011_quality_rules"),
    ]
    operations = [migrations.RunPython(judge_old, migrations.RunPython.noop, elidable=True)]
