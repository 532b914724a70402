"""The views of what is current filter by a list of releases; a join took seconds to plan with many of them."""

from django.db import migrations

from workers.florida_data.tables import TABLES
from workers.warehouse import tables


def make_views(apps, schema_editor):
    for table in TABLES.values():
        tables.ensure(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("workers", "0011_quality_rules")]

    operations = [migrations.RunPython(make_views, migrations.RunPython.noop, hints={"warehouse": True})]
