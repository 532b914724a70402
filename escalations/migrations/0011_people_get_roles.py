"""The roles, as groups; and everybody who has an account keeps what he could do, by a role."""

from django.db import migrations
from django.db.models import Q

TYPES = ("data_pipeline", "data_validation", "entity_sync", "performance_check", "ai_inference", "custom")
START = tuple(f"operations.operation.start_{name}" for name in TYPES)
LOOK_AROUND = ("workers.release.view_release", "workers.registeredworker.view_registeredworker")
RECORDS = (
    "operations.operation.view_operation",
    "operations.step.view_step",
    "operations.event.view_event",
    "operations.modelcall.view_modelcall",
    "operations.plancache.view_plancache",
    "operations.typesetting.view_typesetting",
    "operations.apikey.view_apikey",
    "escalations.escalation.view_escalation",
    "escalations.decision.view_decision",
    "escalations.comment.view_comment",
    "workers.qualityrule.view_qualityrule",
    *LOOK_AROUND,
    "audit.entry.view_entry",
)
DECIDE = (
    "operations.operation.view_operation",
    "escalations.escalation.decide_escalation",
    "escalations.escalation.approve_writing",
    "escalations.escalation.approve_destructive",
    "workers.release.withdraw_release",
    "workers.release.see_owners",
)
MANAGE = (
    "operations.apikey.add_apikey",
    "operations.apikey.change_apikey",
    "operations.typesetting.add_typesetting",
    "operations.typesetting.change_typesetting",
    "operations.typesetting.delete_typesetting",
    "workers.registeredworker.add_registeredworker",
    "workers.registeredworker.change_registeredworker",
    "workers.registeredworker.delete_registeredworker",
    "workers.qualityrule.add_qualityrule",
    "workers.qualityrule.change_qualityrule",
    "operations.plancache.delete_plancache",
    "auth.user.add_user",
    "auth.user.change_user",
    "auth.user.view_user",
    "auth.group.view_group",
    "escalations.notice.view_notice",
)
ROLES = {
    "operator": (*START, *LOOK_AROUND),
    "reviewer": (*START, *LOOK_AROUND, *DECIDE),
    "auditor": RECORDS,
    "administrator": (*START, *DECIDE, *RECORDS, *MANAGE),
}
WORDS = {
    "decide_escalation": "Can decide escalations and see all operations",
    "approve_writing": "Can decide about steps that write",
    "approve_destructive": "Can decide about destructive steps",
    "withdraw_release": "Can withdraw releases and put them back",
    "see_owners": "Can see the names and addresses of owners",
} | {f"start_{name}": f"Can start operations of the type {name}" for name in TYPES}


def permission(apps, path):
    """The permission, which Django itself would make only after all migrations."""
    label, model, codename = path.split(".")
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=label, model=model)
    name = WORDS.get(codename) or f"Can {codename.partition('_')[0]} {_called(apps, label, model)}"
    found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": name}
    )
    return found


def _called(apps, label, model):
    try:
        return apps.get_model(label, model)._meta.verbose_name
    except LookupError:  # of an app that is installed later
        return model


def make_groups(apps, schema_editor):
    for name, paths in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*{permission(apps, path) for path in paths})


def give_roles(apps, schema_editor):
    groups = {name: apps.get_model("auth", "Group").objects.get(name=name) for name in ROLES}
    people = apps.get_model("auth", "User").objects.exclude(groups__name="administrator").distinct()
    reviewers = people.filter(_with(permission(apps, "escalations.escalation.decide_escalation")))
    for person in reviewers:
        person.groups.add(groups["reviewer"])
    for person in people.filter(is_staff=True, is_superuser=False).exclude(groups=groups["reviewer"]):
        person.groups.add(groups["auditor"])


def _with(one):
    return Q(user_permissions=one) | Q(groups__permissions=one)


def let_start(apps, schema_editor):
    """Whoever could start operations by Django's own permission can start those of every type."""
    before = permission(apps, "operations.operation.add_operation")
    start = [permission(apps, path) for path in START]
    for group in apps.get_model("auth", "Group").objects.filter(permissions=before):
        group.permissions.add(*start)
    for person in apps.get_model("auth", "User").objects.filter(user_permissions=before):
        person.user_permissions.add(*start)


def drop_old_group(apps, schema_editor):
    """The group "reviewers" gives nothing that the role does not, unless somebody gave it more."""
    new = apps.get_model("auth", "Group").objects.get(name="reviewer").permissions.values("pk")
    for old in apps.get_model("auth", "Group").objects.filter(name="reviewers"):
        if not old.permissions.exclude(pk__in=new).exists():
            old.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("escalations", "0010_roles"),
        ("operations", "0014_scopes_and_owners"),
        ("workers", "0011_quality_rules"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(make_groups, migrations.RunPython.noop),
        migrations.RunPython(let_start, migrations.RunPython.noop),
        migrations.RunPython(give_roles, migrations.RunPython.noop),
        migrations.RunPython(drop_old_group, migrations.RunPython.noop),
    ]
