"""Each act that has an effect or changes a right leaves one entry: who, what, before, after, from where."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from escalations.deciding.applying import apply_due
from escalations.deciding.decisions import _record
from escalations.models import Decision, Kind
from operations.audit import chain, verifying
from operations.audit.models import Entry
from operations.audit.warehouse import catch_up
from operations.models import ApiKey, PlanCache, TypeSetting
from tests.api.conftest import Caller
from tests.make import COUNTIES, make_escalation, make_key, make_operation, make_person
from workers.models import QualityRule, QualityRuleAct, RegisteredWorker

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

BODY = {"operation_type": "data_pipeline", "parameters": COUNTIES}


def the(action: str) -> Entry:
    """The only entry of this action."""
    return Entry.objects.get(action=action)


def told(entry: Entry) -> tuple[str, str, str, str]:
    return entry.actor_kind, entry.actor_id, entry.target_kind, entry.target_id


def admin() -> Client:
    browser = Client()
    browser.force_login(make_person("ada", is_staff=True, is_superuser=True))
    return browser


def test_starting_cancelling_and_retrying_by_a_client(alice: Caller) -> None:
    answer = alice.send("/operations", BODY, Prefer="respond-async", X_Request_Id="r-17")
    pk = answer.json()["operation_id"]
    alice.send(f"/operations/{pk}/cancel")
    alice.send(f"/operations/{pk}/retry")

    assert alice.row
    for action in ("operation.start", "operation.cancel", "operation.retry"):
        assert told(the(action)) == ("client", str(alice.row.pk), "operation", pk)
        assert the(action).operation_id == pk
        assert the(action).address == "127.0.0.1"
    assert the("operation.start").request_id == "r-17"
    assert the("operation.cancel").before == {"status": "planning"}
    assert the("operation.cancel").after == {"status": "cancelled"}


def test_the_same_request_again_is_no_other_start(alice: Caller) -> None:
    for _ in range(2):
        alice.send("/operations", BODY, Prefer="respond-async", Idempotency_Key="k")
    assert Entry.objects.filter(action="operation.start").count() == 1


def test_what_was_refused_by_its_state_leaves_nothing(alice: Caller) -> None:
    pk = make_operation(alice.row).pk
    assert alice.send(f"/operations/{pk}/retry").status_code == 409
    assert not Entry.objects.filter(action="operation.retry").exists()


def test_what_is_rolled_back_was_never_recorded(alice: Caller) -> None:
    class Died(Exception):
        pass

    @transaction.atomic
    def act() -> None:
        make_operation(alice.row)
        ApiKey.objects.issue("another")
        raise Died

    with pytest.raises(Died):
        act()
    assert list(Entry.objects.values_list("action", "target_id")) == [("key.create", str(alice.row and alice.row.pk))]


def test_deciding_by_a_person_with_the_reason(rita: Client) -> None:
    question = make_escalation()
    rita.post(
        f"/console/escalations/{question.pk}/decide",
        {"decision": "approve", "reason": "Known from last year", "revision": 1, "decision_id": "d-1"},
    )
    entry = the("escalation.decide")
    assert told(entry)[::2] == ("person", "escalation")
    assert entry.target_id == question.pk
    assert entry.operation_id == question.operation_id
    assert entry.reason == "Known from last year"
    assert entry.before == {"status": "open", "revision": 1}
    assert entry.after
    assert (entry.after["status"], entry.after["decision"]) == ("decided", "approve")


def test_a_decision_that_is_taken_back_and_one_that_is_carried_out_later(rita: Client, settings: Any) -> None:
    settings.UNDO_SECONDS = 60
    first, second = make_escalation(), make_escalation()
    for number, question in enumerate((first, second)):
        given = {"decision": "approve", "reason": "", "revision": 1, "decision_id": f"d-{number}"}
        rita.post(f"/console/escalations/{question.pk}/decide", given)
    rita.post(f"/console/escalations/{first.pk}/undo", {"decision": first.decisions.get().pk})
    second.decisions.update(effective_at="2020-01-01T00:00:00Z")
    apply_due()

    assert the("escalation.take_back").target_id == first.pk
    carried = the("escalation.carry_out")
    assert (carried.actor_kind, carried.target_id, carried.operation_id) == (
        "system",
        second.pk,
        second.operation_id,
    )


def test_of_an_edit_only_the_arguments_names_are_kept(rita: Client) -> None:
    question = make_escalation()
    edits = {"E1": {"owner": "QUACKENBUSH THADDEUS"}}
    decision = Decision.objects.create(
        escalation=question, decision_id="d", decision=Kind.EDIT, decided_by="rita", edits=edits, steps=["E1"]
    )
    _record(decision, question.operation, 1, timedelta(0))
    assert the("escalation.decide").after["arguments"] == {"E1": ["owner"]}  # type: ignore[index]
    assert "QUACKENBUSH" not in str(Entry.objects.values())


def test_keys_that_are_made_changed_and_revoked() -> None:
    row, key = make_key("decide", name="Jane's laptop")
    row.scopes = ["read_all"]
    row.save()
    row.save()  # nothing changed
    ApiKey.objects.filter(pk=row.pk).revoke()

    made = the("key.create")
    assert told(made) == ("system", "", "apikey", str(row.pk))
    assert made.after
    assert "decide" in made.after["scopes"]
    first, last = Entry.objects.filter(action="key.change").order_by("id")
    assert (first.before, first.after) == ({"scopes": made.after["scopes"]}, {"scopes": ["read_all"]})
    assert last.before == {"revoked_at": None}
    assert key not in str(list(Entry.objects.values()))
    assert "Jane" not in str(list(Entry.objects.values()))


def test_accounts_and_their_rights() -> None:
    person = make_person("thaddeus", email="thaddeus@example.com")
    group = Group.objects.create(name="night shift")
    person.groups.add(group)
    group.permissions.add(Permission.objects.get(codename="decide_escalation"))
    person.groups.clear()
    group.user_set.add(person)
    person.is_superuser = True
    person.set_password("another long password")
    person.save()
    pk = person.pk
    person.delete()

    assert the("account.create").after == {"is_active": True, "is_staff": False, "is_superuser": False}
    given, taken, again = Entry.objects.filter(action="account.groups").order_by("id")
    assert (given.target_id, given.after) == (str(pk), {"given": ["night shift"]})
    assert (taken.before, taken.after) == ({"taken": ["night shift"]}, None)
    assert (again.target_id, again.after) == (str(pk), {"given": ["night shift"]})
    assert the("group.permissions").after == {"given": ["decide_escalation"]}
    changed = the("account.change")
    assert (changed.before, changed.after) == ({"is_superuser": False}, {"is_superuser": True, "password": "(changed)"})
    assert the("account.delete").target_id == str(pk)
    assert "thaddeus" not in str(list(Entry.objects.values()))


def test_a_password_that_is_only_hashed_anew_is_no_change(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    person = make_person("thea")
    type(person).objects.filter(pk=person.pk).update(password=make_password("secret", hasher="pbkdf2_sha256"))
    person.refresh_from_db()
    assert person.check_password("secret")
    assert not person.password.startswith("pbkdf2")
    assert not Entry.objects.filter(action="account.change").exists()


def test_log_ins_failures_and_log_outs() -> None:
    person = make_person("thea", is_staff=True)
    browser = Client(headers={"X-Request-Id": "r-3"})
    browser.post("/console/login", {"username": "thea", "password": "wrong"})
    browser.post("/console/login", {"username": "nobody-of-this-name", "password": "wrong"})
    browser.post("/console/login", {"username": "thea", "password": "secret"})
    browser.post("/console/logout")

    known, unknown = Entry.objects.filter(action="person.login_failed").order_by("id")
    assert told(known) == ("stranger", "", "user", str(person.pk))
    assert told(unknown) == ("stranger", "", "", "")
    for action in ("person.login", "person.logout"):
        assert told(the(action)) == ("person", str(person.pk), "user", str(person.pk))
        assert (the(action).address, the(action).request_id) == ("127.0.0.1", "r-3")
    assert "nobody-of" not in str(list(Entry.objects.values()))


def test_settings_of_types_and_workers_in_the_admin_and_over_the_api() -> None:
    TypeSetting.objects.create(operation_type="custom", confidence_threshold=0.8)
    setting = TypeSetting.objects.get()
    setting.confidence_threshold = 0.9
    setting.save()
    worker = RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9")
    worker.healthy = True
    worker.save(update_fields=["healthy"])  # no setting
    worker.delete()

    changed = the("type_setting.change")
    assert (changed.target_id, changed.before, changed.after) == (
        "custom",
        {"confidence_threshold": 0.8},
        {"confidence_threshold": 0.9},
    )
    assert the("worker.create").after == {"url": "http://127.0.0.1:9", "enabled": True}
    assert the("worker.delete").target_id == "plant"
    assert not Entry.objects.filter(action="worker.change").exists()


def test_switching_a_worker_in_the_console() -> None:
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9")
    browser = admin()
    browser.post("/console/workers/plant/disable")
    entry = the("worker.change")
    assert (entry.actor_kind, entry.before, entry.after) == ("person", {"enabled": True}, {"enabled": False})


def test_what_nobody_watches_is_recorded_from_the_admin() -> None:
    row = PlanCache.objects.create(operation_type="custom", key="k", lines=[])
    admin().post(f"/admin/operations/plancache/{row.pk}/delete/", {"post": "yes"})
    assert told(the("admin.delete"))[2:] == ("plancache", str(row.pk))


def test_an_act_that_is_refused_is_recorded_of_somebody_known_only(alice: Caller) -> None:
    question = make_escalation()
    path = f"/escalations/{question.pk}/decide"
    refused = alice.send(path, {"decision": "approve", "revision": 1})
    Caller("ck_unknown").send(path, {"decision": "approve", "revision": 1})

    assert refused.status_code in (403, 404)
    if refused.status_code == 403:
        assert alice.row
        entry = the("request.refused")
        assert told(entry) == ("client", str(alice.row.pk), "route", "escalation-decide")


def test_a_reader_who_is_refused_leaves_nothing(alice: Caller) -> None:
    assert alice.get("/audit").status_code == 403
    assert not Entry.objects.filter(action="request.refused").exists()


def test_rules_are_recorded_where_they_were_switched_and_nothing_is_lost_or_twice() -> None:
    """The act lies in another database: what died in between is taken over by the sweeper, once."""
    person = make_person("ria")
    rule = QualityRule.objects.create(dataset="SDF", name="n", version=1, severity="warning", text="", created_by="ria")
    QualityRuleAct.objects.create(rule=rule, kind="on", who="ria")
    assert not Entry.objects.filter(action="rule.on").exists()

    assert catch_up() == 2
    assert catch_up() == 0

    assert told(the("rule.on")) == ("person", str(person.pk), "qualityrule", str(rule.pk))
    assert the("rule.create").after == {"dataset": "SDF", "rule": "n", "version": 1}


def test_forgetting_leaves_the_entries_without_the_words_and_the_chain_holds(rita: Client) -> None:
    question = make_escalation()
    rita.post(
        f"/console/escalations/{question.pk}/decide",
        {"decision": "reject", "reason": "Featherstonehaugh asked for it", "revision": 1, "decision_id": "d"},
    )
    operation = question.operation
    operation.refresh_from_db()
    type(operation).objects.filter(pk=operation.pk).update(wake_at=None, lease_until=None)
    before = Entry.objects.count()

    call_command("forget", "--older-than", "0d")
    call_command("forget", "--person", "rita")

    assert Entry.objects.count() > before
    assert the("escalation.decide").reason == ""
    assert "Featherstonehaugh" not in str(list(Entry.objects.values()))
    assert "rita" not in str(list(Entry.objects.values()))
    assert the("data.forget").after
    assert the("person.forget").after
    chain.seal()
    verdict = verifying.verify()
    assert verdict.holds
    assert verdict.without_words == 1


def test_a_reason_is_masked_where_it_has_the_shape_of_something_personal(rita: Client) -> None:
    question = make_escalation()
    rita.post(
        f"/console/escalations/{question.pk}/decide",
        {"decision": "approve", "reason": "called 904-555-0187", "revision": 1, "decision_id": "d"},
    )
    assert the("escalation.decide").reason == "called ***"
