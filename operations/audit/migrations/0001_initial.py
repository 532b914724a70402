import django.utils.timezone
from django.db import migrations, models

from operations.audit import guards


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor_kind', models.CharField(choices=[('person', 'Person'), ('client', 'Client'), ('system', 'Concord itself'), ('stranger', 'Somebody unknown')], max_length=8)),
                ('actor_id', models.CharField(blank=True, help_text="The account's or key's number", max_length=40)),
                ('action', models.CharField(help_text='A dotted verb, such as escalation.decide', max_length=64)),
                ('target_kind', models.CharField(blank=True, max_length=40)),
                ('target_id', models.CharField(blank=True, max_length=100)),
                ('before', models.JSONField(blank=True, null=True)),
                ('after', models.JSONField(blank=True, null=True)),
                ('address', models.CharField(blank=True, help_text='Where it came from', max_length=64)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('operation_id', models.CharField(blank=True, max_length=40)),
                ('reason', models.TextField(blank=True)),
                ('source', models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True)),
                ('sequence', models.BigIntegerField(blank=True, editable=False, null=True, unique=True)),
                ('previous', models.CharField(blank=True, editable=False, max_length=64)),
                ('hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('key_id', models.CharField(blank=True, editable=False, max_length=8)),
                ('reason_digest', models.CharField(blank=True, editable=False, max_length=64)),
            ],
            options={
                'verbose_name_plural': 'entries',
                'ordering': ['-id'],
                'default_permissions': ['view'],
                'indexes': [models.Index(fields=['at', 'id'], name='audit_time'), models.Index(fields=['actor_kind', 'actor_id', 'id'], name='audit_actor'), models.Index(fields=['action', 'id'], name='audit_action'), models.Index(fields=['target_kind', 'target_id', 'id'], name='audit_target'), models.Index(fields=['operation_id', 'id'], name='audit_operation'), models.Index(condition=models.Q(('sequence__isnull', True)), fields=['id'], name='audit_unsealed')],
            },
        ),
        migrations.RunPython(guards.install, guards.remove),
    ]
