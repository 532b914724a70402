"""What people search in the console by how it begins: site addresses and owners, of parcels and of accounts."""

from django.db import migrations

from workers.florida_data.tables import TABLES
from workers.warehouse import tables


def make_indexes(apps, schema_editor):
    for table in TABLES.values():
        tables.ensure(schema_editor.connection, table)


def drop_indexes(apps, schema_editor):
    for table in TABLES.values():
        for column in table.searched:
            schema_editor.execute(f'DROP INDEX IF EXISTS "{table.name}_by_{column}"')


class Migration(migrations.Migration):
    dependencies = [("workers", "0007_withdrawn_releases")]

    operations = [migrations.RunPython(make_indexes, drop_indexes, hints={"warehouse": True})]
