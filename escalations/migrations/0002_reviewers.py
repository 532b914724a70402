"""The group "reviewers", whose members may decide escalations and see all operations."""

from django.db import migrations


def make_group(apps, schema_editor):
    """Make the group with its permission, which Django itself would make only after all migrations."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="escalations", model="escalation"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename="decide_escalation",
        defaults={"name": "Can decide escalations and see all operations"},
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="reviewers")
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("escalations", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
