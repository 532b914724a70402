"""Seeing county by county what is loaded, stale, withdrawn, missing and held."""

import re

import pytest

from operations.states import Reason, Status, StepStatus
from tests.console.data_pages.make import load, text
from tests.make import make_escalation, make_operation
from workers import counties
from workers.warehouse import releases
from workers.warehouse.models import Release

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)


def cell(response, county, place=0):
    """What a screen reader says of a county's cell."""
    [row] = re.findall(rf'<th scope="row">\s*{county}\s*</th>(.*?)</tr>', response.content.decode(), re.DOTALL)
    return re.findall(r'class="unseen">([^<]+)<', row)[place]


def make_question(label):
    operation = make_operation(status=Status.ESCALATING)
    for number, name in enumerate((label, "Baker NAL 2025P"), 1):
        operation.steps.create(
            step_id=f"E4[{number}]",
            position=number,
            worker="w",
            action="a",
            status=StepStatus.FAILED if name == label else StepStatus.COMPLETED,
            label=name,
        )
    return make_escalation(operation, reason=Reason.RULE_FAILED, steps=["E4[1]"])


def test_coverage_tells_what_is_loaded_stale_withdrawn_missing_and_held(rita):
    load()
    question = make_question("Saint Johns NAL 2025P")

    page = rita.get("/console/data/coverage")

    assert cell(page, "Union") == "loaded"
    assert cell(page, "Saint Johns") == "held: a person is asked about it"
    assert f"/console/escalations/{question.pk}" in text(page)
    assert cell(page, "Baker") == "missing"
    assert cell(page, "Alachua") == "missing"


def test_an_earlier_year_is_stale_and_a_withdrawn_file_is_said_to_be(rita):
    release = load()
    Release.objects.filter(pk=release.pk).update(year=2024)
    other = load(file_type="SDF")
    releases.withdraw(other, who="rita", reason="wrong")

    page = rita.get("/console/data/coverage")

    assert cell(page, "Union", 0).startswith("stale")
    assert cell(page, "Union", 1).startswith("withdrawn")
    assert cell(rita.get("/console/data/coverage?year=2024"), "Union", 0) == "loaded"


def test_answered_questions_hold_nothing(rita):
    load()
    make_question("Saint Johns NAL 2025P").__class__.objects.update(status="decided")

    assert cell(rita.get("/console/data/coverage"), "Saint Johns") == "missing"


def test_the_number_of_queries_of_coverage_does_not_grow(rita, django_assert_num_queries):
    load()
    for number in (1, 25):
        for county in counties.COUNTIES[:number]:
            make_question(f"{county.name} NAL 2025P")
            Release.objects.get_or_create(
                release=f"SDF-{county.no}",
                defaults={
                    "file_type": "SDF",
                    "county_no": county.no,
                    "year": 2025,
                    "stage": "P",
                    "submission": 1,
                    "table": "sdf",
                    "state": "loaded",
                },
            )
        with django_assert_num_queries(1, using="warehouse"):
            rita.get("/console/data/coverage")
        with django_assert_num_queries(QUERIES):
            rita.get("/console/data/coverage")


QUERIES = 9  # the session and the person, rights, the navigation's counts and notices, questions and their steps
