"""Releases that a person withdrew or put back, and the quarantine of each release."""

import django.db.models.deletion
from django.db import migrations, models

from workers.florida_data.tables import TABLES
from workers.warehouse import tables


def drop_views(apps, schema_editor):
    """SQLite makes a table anew to change a column, and refuses while a view looks at it."""
    for table in TABLES.values():
        schema_editor.execute(f'DROP VIEW IF EXISTS "{tables.current(table.name)}"')


def make_views(apps, schema_editor):
    for table in TABLES.values():
        tables.ensure(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("workers", "0006_match_links")]

    operations = [
        migrations.RunPython(drop_views, make_views, hints={"warehouse": True}),
        migrations.AlterModelOptions(
            name="release",
            options={
                "permissions": [
                    ("withdraw_release", "Can withdraw releases and put them back"),
                    ("see_owners", "Can see the names and addresses of owners"),
                ]
            },
        ),
        migrations.AddField(
            model_name="release",
            name="quarantine",
            field=models.JSONField(help_text="the dataset of the rows that were set aside", null=True),
        ),
        migrations.AddField(
            model_name="release",
            name="quarantine_reasons",
            field=models.JSONField(default=dict, help_text="why rows were set aside, and how many"),
        ),
        migrations.AlterField(
            model_name="release",
            name="state",
            field=models.CharField(
                choices=[
                    ("staged", "Staged"),
                    ("loaded", "Loaded"),
                    ("superseded", "Superseded"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="staged",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="ReleaseAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("withdrawn", "Withdrawn"), ("restored", "put back")], max_length=10),
                ),
                ("who", models.CharField(max_length=150)),
                ("reason", models.TextField()),
                (
                    "current",
                    models.CharField(
                        blank=True, help_text="the release that was current then; empty: none", max_length=64
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="acts", to="workers.release"
                    ),
                ),
            ],
            options={"ordering": ["-pk"]},
        ),
        migrations.RunPython(make_views, drop_views, hints={"warehouse": True}),
    ]
