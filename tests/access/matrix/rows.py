"""A row of each kind that the admin and the pages show, so that a call about it finds it."""

from django.contrib.auth.models import User

from concord.people.models import Identity, Totp
from escalations.models import Comment, Decision, Notice
from operations.models import ModelCall, PlanCache, TypeSetting
from tests.console.data_pages.make import load
from tests.make import make_escalation, make_person
from tests.operations import plant
from workers.admin_rules import EXAMPLE
from workers.data_quality.rule_sets import stored
from workers.models import RegisteredWorker


def make_rows() -> None:
    """What calls are about beside the operations of each caller."""
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9", manifest=plant.worker.manifest())
    TypeSetting.objects.create(operation_type="custom")
    load([{"PARCEL_ID": "P1"}])
    stored.keep(EXAMPLE, who="ann")
    escalation = make_escalation()
    Decision.objects.create(escalation=escalation, decision_id="d", decision="approve", decided_by="ann")
    Comment.objects.create(escalation=escalation, author="ann", text="so")
    Notice.objects.create(escalation=escalation, person="ann", kind=Notice.Kind.MENTION, actor="bob")
    ModelCall.objects.create(operation=escalation.operation, purpose="planning", model="m")
    PlanCache.objects.create(key="k", operation_type="custom", lines=[], model="m")
    _account_with_everything(make_person("looked-at"))


def _account_with_everything(person: User) -> None:
    Totp.objects.create(user=person, name="phone", confirmed=True, secret="encrypted")
    Identity.objects.create(user=person, issuer="https://login.example", subject="1")
