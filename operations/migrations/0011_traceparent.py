from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0010_forgetting")]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="traceparent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Where its trace begins",
                max_length=55,
            ),
        ),
    ]
