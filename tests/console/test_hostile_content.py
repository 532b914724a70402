"""What others send, whatever it is: the pages show it harmlessly, stay small, and ask the database no more for it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.console.hostile import make_hostile, make_hostile_day, pages_around, pages_of

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

MOST_BYTES = 500_000
AROUND = ["queue", "groups", "filtered", "misread", "batch", "decided", "edit", "dashboard", "operations", "clone"]
AROUND += ["workers", "worker", "notices", "mine"]
# Names stand alone in a <bdi>, and what is typed in a field: a turn of the reading direction ends with them.
ALONE = re.compile(r"<bdi>[^<]*</bdi>|<textarea[^>]*>[^<]*</textarea>| (?:value|data-person)=\"[^\"]*\"")


def assert_harmless(page: str) -> None:
    """No element, no attribute and no turn of the reading direction came from the content."""
    # Not asserted of the page itself, which nobody wants to read in the message.
    bare = re.sub(r'"[^"]*"', '""', page)
    turned = re.search(r".{60}\u202e", ALONE.sub("", page))
    harm = [text for text in ("<script>", "<img src=x", turned and turned[0]) if text and text in page]
    harm += re.findall(r"<script(?! src=)[^>]{0,80}|<style| style=| on[a-z]+=\"", bare)[:3]
    missing = [text for text in ("alert(1)", "7|add:7") if text not in page]
    assert (harm, missing) == ([], [])


@pytest.mark.parametrize("name", ["escalation", "operation", "step"])
def test_hostile_content_is_text_and_nothing_else(rita: Client, name: str) -> None:
    response = rita.get(pages_of(make_hostile())[name])

    assert response.status_code == 200
    assert_harmless(response.content.decode())
    assert len(response.content) < MOST_BYTES


@pytest.mark.parametrize("name", AROUND)
def test_hostile_people_and_what_they_leave_are_text_everywhere(rita: Client, name: str) -> None:
    path = pages_around(make_hostile_day("rita"))[name]

    response = rita.get(path)

    assert response.status_code == (422 if name == "misread" else 200)
    assert_harmless(response.content.decode())
    assert len(response.content) < MOST_BYTES


def test_ten_thousand_steps_make_pages_of_a_sane_size_with_as_many_queries_as_three(rita: Client) -> None:
    few, many = (pages_of(made) | pages_around(made) for made in (make_hostile(3), make_hostile(10_000)))

    for name in ("escalation", "operation", "edit"):
        counts = []
        for pages in (few, many):
            with CaptureQueriesContext(connection) as queries:
                response = rita.get(pages[name])
            counts.append(len(queries))
            assert len(response.content) < MOST_BYTES, name
        # How many steps a very long plan has is counted, and the types' settings are read anew every few seconds.
        assert counts[1] <= counts[0] + 2, name
        assert name == "edit" or b"9,880 more" in response.content, name


def test_hostile_numbers_of_steps_and_events_are_not_found_or_ignored(rita: Client) -> None:
    page = pages_of(make_hostile())["operation"]

    for before in ("x", "-1", "9" * 40, "٣", "0", "1%00"):
        assert rita.get(f"{page}?before={before}").status_code == 200
    assert rita.get(f"{page}/steps/E99").status_code == 404


def test_what_is_shown_as_a_table_is_bounded(rita: Client) -> None:
    escalation = make_hostile()
    many = [{f"column {number}": number for number in range(50)}] * 1000
    escalation.operation.steps.filter(step_id="E2").update(result={"rows": many})

    page = rita.get(pages_of(escalation)["step"]).content.decode()

    assert page.count("the first 10 of 1,000") >= 1
    table = page[page.index('<table class="grid">') :]
    assert table[: table.index("</table>")].count("<tr>") == 11
