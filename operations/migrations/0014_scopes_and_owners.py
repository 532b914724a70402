"""Keys that there are keep what they could do; operations that people started are known as theirs."""

from django.db import migrations
from django.db.models import Exists, OuterRef

KEPT = ("start", "metrics")  # any key could


def give_scopes(apps, schema_editor):
    keys = apps.get_model("operations", "ApiKey").objects.using(schema_editor.connection.alias)
    for key in keys.all():
        if lacking := [scope for scope in KEPT if scope not in key.scopes]:
            keys.filter(pk=key.pk).update(scopes=[*key.scopes, *lacking])


def give_owners(apps, schema_editor):
    """By the name in the first line of their history."""
    using = schema_editor.connection.alias
    events = apps.get_model("operations", "Event").objects.using(using)
    operations = apps.get_model("operations", "Operation").objects.using(using)
    people = apps.get_model("auth", "User").objects.using(using)
    for pk, name in people.values_list("pk", "username"):
        received = events.filter(operation=OuterRef("pk"), kind="planning", message="Received", actor=name)
        operations.filter(Exists(received), client=None, submitted_by=None).update(submitted_by=pk)


class Migration(migrations.Migration):
    dependencies = [("operations", "0013_access"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.RunPython(give_scopes, migrations.RunPython.noop),
        migrations.RunPython(give_owners, migrations.RunPython.noop),
    ]
