"""The group "reviewers" may also see owners, withdraw releases and put them back."""

from django.db import migrations

NAMES = {
    "withdraw_release": "Can withdraw releases and put them back",
    "see_owners": "Can see the names and addresses of owners",
}


def permit(apps, schema_editor):
    """Give the group its permissions, which Django itself would make only after all migrations."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="workers", model="release"
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="reviewers")
    for codename, name in NAMES.items():
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("escalations", "0005_no_next_step")]
    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
