"""Starting another operation like one that was: the form comes filled with all that was asked for."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from operations.models import Operation
from operations.starting.described import parameters_schema
from operations.starting.form import like
from tests.make import make_key, make_operation

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("data_pipeline", {"counties": ["Broward", "Saint Johns"], "file_types": ["NAV"], "year": 2024, "stage": "F"}),
    ("data_pipeline", {"counties": "all", "file_types": ["NAL"], "only": "gaps", "level": "strict", "plan_only": True}),
    ("data_pipeline", {"file_types": ["SDF"], "test": True}),
    ("data_validation", {"counties": ["Duval"], "file_types": ["NAL"], "source": "inbox"}),
    ("entity_sync", {"since": "2025-07-01", "series": ["daily"], "filing_types": ["DOMP", "FLAL"], "owners": "NAP"}),
    ("performance_check", {"checks": ["health"], "thresholds": {"disk.free_share": {"warn": 0.2}}, "hours": 1.5}),
    ("performance_check", {"checks": ["parity"], "left": {"table": "a"}, "right": {"table": "b"}, "key": ["x", "y"]}),
    ("ai_inference", {"task": "question", "question": "How many\nparcels?", "limit": 5}),
    ("ai_inference", {"task": "healing", "dry_run": True, "remedies": ["reset_circuit"], "stale_after_days": 30}),
    ("ai_inference", {"task": "use_codes", "roll": "NAL", "threshold": 0.9}),
    ("ai_inference", {"task": "monitoring", "series": {"a": [1.0, 2.5]}}),
    ("ai_inference", {"task": "rules", "restore": {"é": 1}}),
    ("custom", {"goal": "count the parcels"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "parameters"), ASKED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_form_asks_for_exactly_the_same_again(kind: str, parameters: dict[str, Any]) -> None:
    metadata = {"ticket": 4711, "text": "4711", "flag": True, "note": " two\nlines ", "none": None, "o": {"a": [1]}}
    given: dict[str, Any] = {"priority": 8, "timeout_seconds": 60, "require_validation": False, "metadata": metadata}
    operation = make_operation(operation_type=kind, parameters=parameters, **given)

    assert like(operation).body() == {"operation_type": kind, "parameters": parameters, **given}


@pytest.mark.parametrize(("kind", "parameters"), ASKED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_document_of_the_api_describes_what_is_asked(kind: str, parameters: dict[str, Any]) -> None:
    described = parameters_schema()
    fitting = [way["title"] for way in described["anyOf"] if Draft202012Validator(way).is_valid(parameters)]

    assert any(title.startswith(kind) for title in fitting)
    assert not Draft202012Validator(described).is_valid(parameters | {"zzz": 1})


def test_what_a_program_asked_for_can_be_asked_for_again_by_a_person(rita: Client) -> None:
    key, _ = make_key(name="nightly")
    first = make_operation(key, operation_type="performance_check", parameters={"checks": ["health"]})
    page = rita.get(f"/console/operations/{first.pk}").content.decode()
    assert f'href="/console/operations/new?like={first.pk}"' in page

    form = rita.get(f"/console/operations/new?like={first.pk}").content.decode()
    assert "Filled like <a" in form
    sent = dict(re.findall(r'<input type="hidden" name="(type|way|key)" value="([^"]*)"', form))
    ticked = re.findall(r'name="(p-checks)"\s+value="(\w+)"\s+checked', form)
    rita.post("/console/operations/new/start", sent | {name: [value] for name, value in ticked})

    second = Operation.objects.exclude(pk=first.pk).get()
    assert (second.parameters, second.client) == ({"checks": ["health"]}, None)


def test_hostile_parameters_fill_the_form_harmlessly(rita: Client) -> None:
    evil = '</textarea><script>alert(1)</script>"><img src=x>'
    operation = make_operation(
        operation_type="custom", parameters={"goal": evil}, metadata={evil: evil, "x": "y" * 100_000}
    )

    page = rita.get(f"/console/operations/new?like={operation.pk}").content.decode()

    assert "<script>alert" not in page
    assert "<img" not in page.replace('<img src="/static', "")
    assert html.escape(evil).replace("&#x27;", "&#39;") in page


def test_what_is_too_long_for_a_form_is_left_out_and_said(rita):
    operation = make_operation(metadata={"note": "x" * 60_000})

    page = rita.get(f"/console/operations/new?like={operation.pk}").content.decode()

    assert "Left out, since it is too long for a form: Notes" in " ".join(page.split())
    assert "x" * 100 not in page
