"""The tables of non-ad-valorem assessments (NAV N and NAV D)."""

from django.db import migrations

from workers.florida_data.tables import TABLES
from workers.warehouse import tables

NAV = ("NAVN", "NAVD")


def make_tables(apps, schema_editor):
    for file_type in NAV:
        tables.ensure(schema_editor.connection, TABLES[file_type])


def drop_tables(apps, schema_editor):
    for file_type in NAV:
        tables.drop(schema_editor.connection, TABLES[file_type].name)


class Migration(migrations.Migration):
    dependencies = [("workers", "0008_search_indexes")]

    operations = [migrations.RunPython(make_tables, drop_tables, hints={"warehouse": True})]
