"""Talking about an escalation: comments, calling people by name, asking somebody to decide."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalations.models import Comment, Escalation, Notice
from escalations.talk import talk
from tests.console.conftest import signed_in
from tests.make import make_auditor, make_escalation, make_operation, make_person, make_reviewer

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202egnirts'


def address(escalation: Escalation, verb: str = "") -> str:
    return f"/console/escalations/{escalation.pk}{verb}"


def say(browser: Client, escalation: Escalation, text: str, **headers: str):
    return browser.post(address(escalation, "/comment"), {"text": text}, headers=headers)


def ask(browser: Client, escalation: Escalation, **fields: str):
    return browser.post(address(escalation, "/assign"), fields)


def page_of(browser: Client, escalation: Escalation, verb: str = "") -> str:
    return browser.get(address(escalation, verb)).content.decode()


def lines(escalation: Escalation) -> list[tuple[str, str]]:
    return list(escalation.comments.values_list("author", "text"))


def told(person: str) -> list[str]:
    return [str(notice) for notice in Notice.objects.filter(person=person)]


def test_a_comment_is_shown_to_everybody_on_the_page(rita, bob):
    escalation = make_escalation()

    answer = say(rita, escalation, "The portal was down at noon.")

    assert answer.status_code == 302
    assert answer["Location"] == address(escalation, "#talk")
    page = page_of(bob, escalation)
    assert "The portal was down at noon." in page
    assert "<bdi>rita</bdi>" in page
    assert "1 comment\n" in page


def test_a_comment_changes_nothing_that_a_decision_goes_by(rita):
    escalation = make_escalation()

    say(rita, escalation, "Hm.")

    escalation.refresh_from_db()
    assert escalation.revision == 1
    assert not escalation.operation.events.filter(message__contains="Hm.").exists()


def test_who_is_called_by_name_is_told(rita, bob):
    escalation = make_escalation()

    say(rita, escalation, "Look at E3, @bob. And again: @bob")

    assert told("bob") == ["rita mentioned you"]
    assert escalation.comments.get().mentions == ["bob"]
    assert '<strong class="mention"><bdi>@bob</bdi></strong>.' in page_of(bob, escalation)


def test_a_name_that_nobody_has_is_told_and_the_text_is_kept(rita, bob):
    escalation = make_escalation()
    make_person("stranger")

    answer = rita.post(address(escalation, "/comment"), {"text": "@bib and @stranger: look, @bob"}, follow=True)

    assert "nobody here is called @bib, @stranger" in answer.content.decode()
    assert escalation.comments.get().text == "@bib and @stranger: look, @bob"
    assert (told("bob"), told("stranger")) == (["rita mentioned you"], [])


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@ann.lee: yes", ["ann.lee"]),
        ("ask @ann.lee.", ["ann.lee"]),
        ("(@ann.lee)", ["ann.lee"]),
        ("@ann.lee's county", ["ann.lee"]),
        ("to ann@ann.lee", []),
        ("@ @@ann.lee @", []),
    ],
)
def test_a_name_ends_where_the_sentence_does(text, called):
    make_reviewer("ann.lee")

    assert talk.comment(make_escalation(), "rita", text).comment.mentions == called


def test_nobody_is_told_of_what_he_did_himself(rita):
    escalation = make_escalation()

    say(rita, escalation, "I, @rita, looked at it.")
    ask(rita, escalation, whom="me")

    assert told("rita") == []


def test_somebody_is_told_once_until_he_has_read_it(rita, bob):
    escalation = make_escalation()
    make_reviewer("ann")

    say(rita, escalation, "@bob first")
    talk.comment(escalation, "ann", "@bob second")
    assert list(Notice.objects.values_list("actor", "text")) == [("ann", "@bob second")]

    bob.get(address(escalation))
    say(rita, escalation, "@bob third")
    assert told("bob") == ["rita mentioned you", "ann mentioned you"]


def test_who_may_only_look_can_be_called_but_changes_nothing(rita):
    escalation = make_escalation()
    stef = Client()
    stef.force_login(make_auditor("stef"))

    say(rita, escalation, "@stef, is it so?")

    assert told("stef") == ["rita mentioned you"]
    assert say(stef, escalation, "It is, @rita.").status_code == 403
    assert 'id="comment-text"' not in page_of(stef, escalation)
    assert ask(stef, escalation, whom="me").status_code == 403
    assert 'id="assign-person"' not in page_of(stef, escalation)


def test_the_right_to_decide_may_come_from_a_group(rita):
    group = Group.objects.create(name="reviewers of a county")
    group.permissions.add(Permission.objects.get(codename="decide_escalation"))
    make_person("gwen").groups.add(group)
    escalation = make_escalation()

    assert ask(rita, escalation, person="gwen").status_code == 302

    assert told("gwen") == ["rita asked you to decide"]


def test_asking_somebody_is_a_line_of_the_talk(rita, bob):
    escalation = make_escalation()

    ask(rita, escalation, person="bob")
    ask(rita, escalation, person="bob")  # a double click is one question

    escalation.refresh_from_db()
    assert (escalation.assigned_to, escalation.revision) == ("bob", 1)
    assert lines(escalation) == [("", "rita asked bob to decide")]
    assert told("bob") == ["rita asked you to decide"]
    page = page_of(bob, escalation)
    assert "rita asked bob to decide" in page
    assert "<bdi>bob</bdi> is asked to decide." in page


def test_the_last_one_who_asks_wins(rita, bob):
    escalation = make_escalation()

    ask(rita, escalation, person="bob")
    ask(bob, escalation, person="rita")
    ask(bob, escalation, whom="me")
    ask(bob, escalation, whom="nobody")

    escalation.refresh_from_db()
    assert escalation.assigned_to == ""
    assert [text for _, text in lines(escalation)] == [
        "rita asked bob to decide",
        "bob asked rita to decide",
        "bob means to decide",
        "bob asks nobody in particular to decide",
    ]


@pytest.mark.parametrize("person", ["", "  ", "nobody-here", "stef", "gone", "x" * 151])
def test_only_somebody_who_may_decide_is_asked(rita, person):
    make_auditor("stef")
    gone = make_reviewer("gone")
    gone.is_active = False
    gone.save()
    escalation = make_escalation()

    answer = ask(rita, escalation, person=person)

    assert answer.status_code == 422
    assert re.search(r'class="field-error" id="assign-problem"', answer.content.decode())
    assert not escalation.comments.exists()


def test_nobody_is_asked_about_what_is_decided(rita, bob):
    escalation = make_escalation(status=Escalation.Status.DECIDED)

    answer = ask(rita, escalation, person="bob")

    assert answer.status_code == 409
    assert "Nobody need decide this any more" in answer.content.decode()
    assert say(rita, escalation, "Well done.").status_code == 302
    assert 'id="assign-person"' not in page_of(rita, escalation)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 4001, "a\x00b"])
def test_a_refused_comment_keeps_what_was_typed(rita, text):
    escalation = make_escalation()

    answer = say(rita, escalation, text)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not escalation.comments.exists()
    if text.startswith("x"):
        assert text in answer.content.decode()
        assert "Shorten it" in answer.content.decode()


def test_the_page_gets_the_comments_as_a_fragment_beside_the_forms(rita, bob):
    escalation = make_escalation()

    answer = say(rita, escalation, "Hello, @bib", HX_Request="true").content.decode()

    assert "<html" not in answer
    assert re.search(r'id="comments" hx-swap-oob="true"', answer)
    assert "Hello, @bib" in answer
    assert "nobody here is called @bib" in answer
    live = bob.get(address(escalation), headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'id="comments" hx-swap-oob="true"', live)
    assert 'id="talk-forms"' not in live


def test_hostile_words_are_shown_harmlessly(rita):
    escalation = make_escalation()
    say(rita, escalation, f"@{HOSTILE} {HOSTILE}")
    Comment.objects.create(escalation=escalation, author=HOSTILE, text=HOSTILE, mentions=[HOSTILE])
    Comment.objects.create(escalation=escalation, text=HOSTILE, mentions=[{"not": "a name"}])
    Escalation.objects.filter(pk=escalation.pk).update(assigned_to=HOSTILE)
    Notice.objects.create(person="rita", kind="mention", escalation=escalation, actor=HOSTILE, text=HOSTILE)

    for shown in (address(escalation), address(escalation, "/talk"), "/console/notices"):
        page = rita.get(shown).content.decode()
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert "alert(1)" in page


def test_a_long_talk_shows_its_end_and_leads_to_all_of_it(rita, django_assert_max_num_queries):
    escalation = make_escalation()
    Comment.objects.bulk_create(
        Comment(escalation=escalation, author="rita", text=f"remark {number}.") for number in range(120)
    )

    with django_assert_max_num_queries(40):
        page = page_of(rita, escalation)
    assert "remark 119." in page
    assert "remark 89." not in page
    assert "90 earlier comments" in page
    assert "120 comments" in page

    first = page_of(rita, escalation, "/talk")
    assert "remark 0." in first
    [after] = re.findall(r'href="(\?after=[^"]+)"', first)
    assert "remark 50." in rita.get(address(escalation, f"/talk{after}")).content.decode()
    assert rita.get(address(escalation, "/talk?after=nonsense")).status_code == 404


@pytest.mark.parametrize("verb", ["", "/talk"])
def test_a_page_takes_as_many_queries_however_much_is_said(rita, verb):
    escalation = make_escalation()
    taken = []
    for _ in range(2):
        for _ in range(6):
            talk.comment(escalation, "bob", "@rita, look")
        rita.get(address(escalation, verb))
        with CaptureQueriesContext(connection) as queries:
            rita.get(address(escalation, verb))
        taken.append(len(queries))

    assert taken[0] == taken[1] < 40


@pytest.mark.parametrize("verb", ["comment", "assign"])
def test_talk_is_for_those_who_may_look(db, verb):
    escalation = make_escalation(make_operation())
    stranger = Client()
    stranger.force_login(make_person())

    assert stranger.post(address(escalation, f"/{verb}"), {"text": "x"}).status_code == 403
    assert Client().post(address(escalation, f"/{verb}"), {"text": "x"})["Location"].endswith(address(escalation))
    assert signed_in("ann").get(address(escalation, f"/{verb}")).status_code == 405
    assert signed_in("eve").post(f"/console/escalations/none/{verb}", {"text": "x"}).status_code == 404
    assert not Comment.objects.exists()
