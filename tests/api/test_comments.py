"""Comments and asking colleagues over the API."""

from typing import Any

import pytest

from escalations.models import Comment, Notice
from escalations.talk import talk
from tests.api.conftest import Caller
from tests.make import make_escalation, make_operation, make_person, make_reviewer

pytestmark = pytest.mark.django_db


def test_a_comment_is_kept_and_those_it_calls_are_told(rita: Caller) -> None:
    make_reviewer("vera")
    escalation = make_escalation()

    answer = rita.send(f"/escalations/{escalation.pk}/comments", {"text": "Look at E3, @vera and @bib"})

    assert answer.status_code == 201
    said = answer.json()
    assert (said["author"], said["mentions"], said["unknown"]) == ("rita", ["vera"], ["bib"])
    assert [(notice.person, str(notice)) for notice in Notice.objects.all()] == [("vera", "rita mentioned you")]
    [listed] = rita.get(f"/escalations/{escalation.pk}/comments").json()["results"]
    assert listed == {key: value for key, value in said.items() if key != "unknown"}


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": " "}, {"text": "x" * 4001}, {"text": 5}, {"text": "a\x00"}, {"words": "x"}]
)
def test_what_is_no_comment_is_refused_with_the_field(rita: Caller, body: dict[str, Any]) -> None:
    escalation = make_escalation()

    answer = rita.send(f"/escalations/{escalation.pk}/comments", body)

    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} <= {"text", "words"}
    assert not Comment.objects.exists()


def test_who_may_not_decide_reads_what_is_said_of_its_own_and_does_not_speak(alice: Caller, bob: Caller) -> None:
    mine, theirs = make_escalation(make_operation(alice.row)), make_escalation(make_operation(bob.row))
    talk.comment(mine, "rita", "Hm.")

    assert len(alice.get(f"/escalations/{mine.pk}/comments").json()["results"]) == 1
    assert alice.get(f"/escalations/{theirs.pk}/comments").status_code == 404
    refused = alice.send(f"/escalations/{mine.pk}/comments", {"text": "Hello"})
    assert refused.status_code == 403
    assert "scope" in refused.json()["detail"]
    assert alice.send(f"/escalations/{mine.pk}/assign", {"person": ""}).status_code == 403


def test_comments_come_in_pages_in_a_constant_number_of_queries(
    rita: Caller, django_assert_max_num_queries: Any
) -> None:
    escalation = make_escalation()
    Comment.objects.bulk_create(Comment(escalation=escalation, author="x", text=str(n)) for n in range(60))

    with django_assert_max_num_queries(4):
        first = rita.get(f"/escalations/{escalation.pk}/comments").json()

    assert [row["text"] for row in first["results"]] == [str(n) for n in range(50)]
    assert len(rita.get(first["next"]).json()["results"]) == 10


def test_somebody_is_asked_to_decide(rita: Caller) -> None:
    make_reviewer("vera")
    escalation = make_escalation()

    shown = rita.send(f"/escalations/{escalation.pk}/assign", {"person": "vera"}).json()

    assert (shown["assigned_to"], shown["revision"]) == ("vera", 1)
    [line] = rita.get(f"/escalations/{escalation.pk}/comments").json()["results"]
    assert (line["author"], line["text"]) == (None, "rita asked vera to decide")
    assert str(Notice.objects.get(person="vera")) == "rita asked you to decide"
    assert rita.send(f"/escalations/{escalation.pk}/assign", {"person": ""}).json()["assigned_to"] is None


def test_only_somebody_who_may_decide_is_asked_and_only_about_what_is_open(rita: Caller) -> None:
    make_person("stranger")
    make_reviewer("vera")
    escalation, decided = make_escalation(), make_escalation(status="decided")

    answer = rita.send(f"/escalations/{escalation.pk}/assign", {"person": "stranger"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["person"]
    late = rita.send(f"/escalations/{decided.pk}/assign", {"person": "vera"})
    assert late.status_code == 409
    assert late.json()["escalation"]["status"] == "decided"
    assert not Comment.objects.exists()
