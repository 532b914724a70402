"""Old operations, clients and people are forgotten by command or by the sweeper; what was spent adds up as before."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from concord.forgetting import daily, operations, people
from escalations.models import Comment, Decision, Escalation, Notice, SavedView
from operations import acts, sweeper, usage
from operations.models import ApiKey, Event, IdempotencyKey, ModelCall, Operation, PlanCache, Step, TransitionError
from operations.states import Reason, Status
from tests.make import make_escalation, make_key, make_operation, make_reviewer
from workers.models import CallRecord

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

SECRET = "Ida Owner, 12 Palm Way"


def ended(days: float, client: ApiKey | None = None, status: Status = Status.FAILED) -> Operation:
    """An operation that failed so many days ago, with something personal in every row that hangs on it."""
    operation = make_operation(client, parameters={"owner": SECRET}, metadata={"note": SECRET})
    operation.steps.create(step_id="E1", position=0, worker="sunbiz", action="sync", arguments={"q": SECRET})
    question = make_escalation(operation, message=f"Is it {SECRET}?", reason=Reason.LOW_CONFIDENCE)
    question.decisions.create(decision_id=f"d-{operation.pk}", decision="retry", reason=SECRET, decided_by="rita")
    question.comments.create(author="rita", text=f"@rita knows {SECRET}", mentions=["rita"])
    cost = Decimal("0.01")
    operation.model_calls.create(purpose="planning", model="m", prompt_tokens=70, completion_tokens=30, cost_usd=cost)
    operation.refresh_from_db()
    operation.move_to(status, f"About {SECRET}", plan={"steps": [SECRET]}, result={"owner": SECRET})
    Operation.objects.filter(pk=operation.pk).update(ended_at=timezone.now() - timedelta(days=days))
    operation.refresh_from_db()
    return operation


def forget(*options: str) -> str:
    said = StringIO()
    call_command("forget", *options, stdout=said)
    return said.getvalue()


def test_what_ended_long_ago_goes_with_all_that_hangs_on_it_and_the_rest_stays():
    old, young, running = ended(91), ended(89), make_operation()

    said = forget("--older-than", "90d")

    assert set(Operation.objects.all()) == {young, running}
    for rows in (Step, Escalation, Decision, Comment):
        assert rows._default_manager.count() == 1, rows
    assert not Event.objects.filter(operation=old.pk).exists()
    assert said.startswith("Forgot 1 operations, 1 steps, ")
    assert "Forgot nothing" in forget("--older-than", "90d")


def test_the_sums_of_the_model_calls_stay_what_they_were():
    ended(91)
    ended(1)
    before = {by: usage.grouped(ModelCall.objects.all(), by) for by in usage.BY}
    total = usage.total(ModelCall.objects.all())

    forget("--older-than", "90d")

    assert {by: usage.grouped(ModelCall.objects.all(), by) for by in usage.BY} == before
    assert usage.total(ModelCall.objects.all()) == total
    assert (total["operations"], total["tokens"]) == (2, 200)


def test_a_dry_run_says_the_same_and_changes_nothing():
    ended(91)
    would = forget("--older-than", "90d", "--dry-run")
    assert Operation.objects.count() == 1
    assert forget("--older-than", "90d") == would.replace("Would forget", "Forgot")


def test_it_works_in_batches_of_which_each_counts(monkeypatch):
    monkeypatch.setattr(operations, "AT_ONCE", 2)
    for _ in range(5):
        ended(91)
    rows = operations.due(before=timezone.now())
    assert operations.forget(rows)["operations"] == 2
    assert Operation.objects.count() == 3
    assert forget("--older-than", "90d").startswith("Forgot 3 operations")


def test_only_what_is_personal_can_go_and_then_no_row_tells_it():
    operation = ended(91)

    forget("--older-than", "90d", "--personal")

    operation.refresh_from_db()
    assert operation.forgotten_at
    assert (operation.status, operation.model_calls.count(), operation.steps.count()) == ("failed", 1, 1)
    for rows in (Operation, Step, Event, Escalation, Decision, Comment, ModelCall):
        for row in rows._default_manager.values():
            assert SECRET not in str(row), (rows, row)
    assert [event.kind for event in operation.events.all()][-1] == "forgotten"
    assert "Forgot nothing" in forget("--older-than", "90d", "--personal")


def test_what_was_blanked_cannot_run_again_and_its_pages_open(client: Client):
    operation = ended(91)
    forget("--older-than", "90d", "--personal")
    operation.refresh_from_db()

    with pytest.raises(TransitionError, match="start another operation"):
        acts.retry(operation, actor="rita")

    client.force_login(make_reviewer())
    for page in (f"/console/operations/{operation.pk}", f"/console/escalations/{operation.escalations.get().pk}"):
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert "Ida Owner" not in answer.text


def test_redis_the_workers_records_and_the_kept_plan_forget_too(
    private_redis: redis.Redis, django_capture_on_commit_callbacks
):
    operation = ended(0)
    kept = PlanCache.objects.create(key="k", operation_type="custom", goal=SECRET, lines=[], model="m")
    Operation.objects.filter(pk=operation.pk).update(plan_cache=kept)
    for key in (f"{operation.pk}:E1:abc:1", "another"):
        CallRecord.objects.create(
            worker="sunbiz", key=key, digest="d", action="sync", owner="o", seen_at=timezone.now()
        )
    private_redis.set(f"operation:{operation.pk}", SECRET)

    with django_capture_on_commit_callbacks(execute=True):
        forget("--older-than", "0h")

    assert not private_redis.exists(f"operation:{operation.pk}")
    assert [record.key for record in CallRecord.objects.all()] == ["another"]
    assert not PlanCache.objects.exists()


def test_a_client_goes_with_its_key_and_no_other_client_does():
    mine, _ = make_key(name="leaving")
    theirs, _ = make_key(name="staying")
    ended(0, mine)
    IdempotencyKey.objects.create(client=str(mine.pk), key="k", body_digest="d", operation=ended(0, mine))
    other = ended(0, theirs)

    said = forget("--client", "leaving")

    assert "The key of 'leaving' is gone." in said
    assert list(ApiKey.objects.filter(name__in=["leaving", "staying"])) == [theirs]
    assert list(Operation.objects.all()) == [other]
    assert not IdempotencyKey.objects.exists()


def test_a_client_whose_operations_go_on_keeps_them_but_its_key_is_refused_already():
    mine, _ = make_key(name="leaving")
    make_operation(mine)
    with pytest.raises(CommandError, match=r"1 operations of 'leaving' have not ended: cancel them, then repeat this."):
        forget("--client", "leaving")
    mine.refresh_from_db()
    assert mine.revoked_at


def test_a_person_goes_and_an_alias_stands_where_the_name_stood():
    make_reviewer("rita")
    operation = make_operation()
    acts.cancel(operation, actor="rita")
    question = ended(1).escalations.get()
    Notice.objects.create(person="rita", kind="mention", escalation=question, actor="sam")
    SavedView.objects.create(owner="rita", name="mine")

    forget("--person", "rita")

    other = people.alias("rita")
    assert not User.objects.filter(username="rita").exists()
    assert not Notice.objects.exists()
    assert not SavedView.objects.exists()
    assert question.decisions.get().decided_by == question.comments.get().author == other
    assert question.comments.get().text.startswith(f"@{other} knows")
    assert [event.message for event in operation.events.all()][-1] == f"Cancelled by {other}"


def test_who_goes_takes_nobody_along_whose_name_begins_alike():
    operation = make_operation()
    question = make_escalation(operation)
    told = ["bob took over from bobby", "bobby took over from bob: late", "Cancelled by bob.", "Cancelled by bobby"]
    for message in told:
        operation.record("told", message, actor="bob")
    question.comments.create(author="rita", text="@bob, @bobby and @bob.miller know", mentions=["bob", "bobby"])

    forget("--person", "bob")

    other = people.alias("bob")
    assert [event.message for event in operation.events.filter(kind="told")] == [
        f"{other} took over from bobby",
        f"bobby took over from {other}: late",
        f"Cancelled by {other}.",
        "Cancelled by bobby",
    ]
    comment = question.comments.get()
    assert comment.text == f"@{other}, @bobby and @bob.miller know"
    assert comment.mentions == [other, "bobby"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Say what to forget: --older-than 90d, --client NAME or --person NAME."),
        (["--client", "nobody"], "--client: there is no API key named 'nobody'."),
        (["--person", "nobody"], "--person: nothing names 'nobody'."),
        (["--older-than", "soon"], "'soon' is no time such as 90d or 12h"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(options, sentence):
    with pytest.raises(CommandError, match=sentence):
        forget(*options)


@pytest.mark.parametrize(("days", "left"), [(0, 2), (30, 1)])
def test_the_sweeper_forgets_by_itself_where_the_settings_say_so(settings, monkeypatch, days, left):
    settings.RETENTION_DAYS = days
    monkeypatch.setattr(daily.Daily, "due", 0.0)
    ended(31)
    ended(29)
    for _ in range(2):  # the second round finds nothing, and so ends the day's look
        sweeper.tell_listeners()
    assert Operation.objects.count() == left

    ended(31)
    sweeper.tell_listeners()
    assert Operation.objects.count() == left + 1
