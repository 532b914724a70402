"""Starting an operation in the console: the form, the plan before anything runs, and the start itself."""

import html
import re
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.http import QueryDict
from django.test import Client

from operations.models import ModelCall, Operation, Step
from operations.planning import types
from operations.starting.fields import Kind
from operations.starting.form import empty
from operations.starting.kinds import OFFERS
from operations.states import OperationType
from tests.console.conftest import signed_in
from tests.make import make_auditor, make_operation
from workers.models import RegisteredWorker

NEW = "/console/operations/new"
WAYS = [(offer.type, way) for offer in OFFERS.values() for way in offer.ways]


def words(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def filled(kind: str, **fields: Any) -> dict[str, Any]:
    """What a form sends where nobody changed what it comes with."""
    usual = {"type": kind, "key": str(uuid4()), "priority": "5", "require_validation": "on"}
    return usual | {name.replace("__", "-"): value for name, value in fields.items()}


def start(browser: Client, kind: str, **fields: Any) -> Any:
    return browser.post(f"{NEW}/start", filled(kind, **fields))


def started() -> Operation:
    return Operation.objects.get()


@pytest.fixture
def local_workers(db: None) -> None:
    """All workers, with the manifests that they would answer."""
    for name in settings.WORKER_URLS:
        worker = import_module(f"workers.{name}").worker
        RegisteredWorker.objects.create(name=name, url="http://127.0.0.1:9", manifest=worker.manifest())


def test_every_type_is_offered_with_what_it_needs(rita: Client) -> None:
    page = words(rita.get(NEW))

    for offer in OFFERS.values():
        assert offer.does in page
        assert offer.needs in page
    assert {*OFFERS} == {*OperationType.values}


@pytest.mark.parametrize(("kind", "way"), WAYS, ids=lambda value: getattr(value, "name", value))
def test_the_form_has_a_field_for_every_parameter_and_no_other(kind: str, way: Any) -> None:
    fixed = dict(way.fixed)
    if kind == OperationType.AI_INFERENCE:
        known = {"task", "plan_only", *types.ai_inference.TASKS[way.name].known}
    else:
        with pytest.raises(types.BadParameters) as refused:
            types.check(kind, {"zzz": 1})
        known = set(str(refused.value).partition("there are ")[2].rstrip(".").split(", "))
    if kind == OperationType.CUSTOM:  # a goal or steps, never both
        known -= {"goal", "steps"} - {way.name}

    assert {field.name for field in way.fields} | {"plan_only", *fixed} == known


@pytest.mark.parametrize(("kind", "way"), WAYS, ids=lambda value: getattr(value, "name", value))
def test_every_choice_that_is_offered_is_taken(kind: str, way: Any) -> None:
    for field in way.fields:
        for value, _ in field.choices:
            given = {field.name: [value] if field.kind == Kind.SEVERAL else value}
            needed = {"counties": "all"} if kind in (OperationType.DATA_PIPELINE, OperationType.DATA_VALIDATION) else {}
            sides = {"left": {"table": "a"}, "right": {"table": "a"}} if value == "parity" else {}
            question = {"question": "how many?"} if way.name == "question" else {}
            types.check(kind, {**needed, **sides, **question, **way.fixed, **given})


@pytest.mark.parametrize(("kind", "way"), WAYS, ids=lambda value: getattr(value, "name", value))
def test_what_the_form_comes_with_says_nothing_that_was_not_said(kind: str, way: Any) -> None:
    parameters = empty(OFFERS[kind], way, QueryDict()).body()["parameters"]

    defaults = {field.name: field.default for field in way.fields if field.default is not None}
    assert parameters == {**way.fixed, **defaults}


def test_an_operation_starts_in_the_name_of_the_person(rita: Client) -> None:
    response = start(
        rita,
        "data_pipeline",
        **{"p-counties": ["Broward", "st. johns county"], "p-file_types": ["SDF"], "p-year": "2025"},
        metadata="ticket=4711\nby hand=yes",
        priority="8",
    )

    operation = started()
    assert response.status_code == 302
    assert response["Location"] == f"/console/operations/{operation.pk}"
    assert operation.parameters == {"counties": ["Broward", "Saint Johns"], "file_types": ["SDF"], "year": 2025}
    assert (operation.priority, operation.timeout_seconds) == (8, 300)
    assert operation.metadata == {"ticket": 4711, "by hand": "yes"}
    assert operation.events.get().actor == "rita"
    assert "from rita" in words(rita.get(response["Location"]))
    assert "rita" in words(rita.get("/console/operations"))


def test_a_double_click_starts_one(rita: Client) -> None:
    form = filled("performance_check", **{"p-checks": ["health"]})

    answers = {rita.post(f"{NEW}/start", form)["Location"] for _ in range(2)}

    assert answers == {f"/console/operations/{started().pk}"}


def test_the_same_form_with_something_else_in_it_asks_first(rita: Client) -> None:
    form = filled("performance_check", **{"p-checks": ["health"]})
    rita.post(f"{NEW}/start", form)

    response = rita.post(f"{NEW}/start", form | {"p-checks": ["completion"]})

    assert response.status_code == 409
    assert "has started an operation already" in words(response)
    assert Operation.objects.count() == 1
    [key] = re.findall(r'name="key" value="([^"]+)"', response.content.decode())
    rita.post(f"{NEW}/start", form | {"p-checks": ["completion"], "key": key})
    assert Operation.objects.count() == 2


def test_two_people_never_share_a_key(rita: Client, bob: Client) -> None:
    form = filled("performance_check", **{"p-checks": ["health"]})

    for browser in (rita, bob):
        browser.post(f"{NEW}/start", form)

    assert Operation.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "fields", "field", "message"),
    [
        ("data_pipeline", {"p-file_types": ["NAL"]}, "p-counties", "counties is missing"),
        ("data_pipeline", {"p-counties": ["Browrad"]}, "p-counties", "did you mean Broward?"),
        ("data_pipeline", {"p-counties": ["all"]}, "p-file_types", "file_types must be a list"),
        (
            "data_validation",
            {"p-counties": ["Duval"], "p-file_types": ["NAL"], "p-year": "soon"},
            "p-year",
            "such as 2025",
        ),
        ("performance_check", {"p-checks": ["parity"]}, "p-left", "left must be what parity compares"),
        ("performance_check", {"p-checks": ["health"], "p-thresholds": "{"}, "p-thresholds", "thresholds is not JSON"),
        ("performance_check", {"p-checks": ["health"], "priority": "11"}, "priority", "less than or equal to 10"),
        ("performance_check", {"p-checks": ["health"], "metadata": "a note"}, "metadata", "line 1 must be written as"),
        ("performance_check", {"p-checks": ["health"], "metadata": "a=\0"}, "metadata", "NUL"),
        ("ai_inference", {"way": "question", "p-question": "?"}, "p-question", "a text of 3 to 1000 characters"),
        ("custom", {"way": "steps", "p-steps": '[{"id": "1"}]'}, "p-steps", "steps.0"),
        ("custom", {"way": "goal", "p-goal": "count"}, "p-goal", "needs a language model"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(
    rita: Client, kind: str, fields: dict[str, Any], field: str, message: str
) -> None:
    for address in ("start", "plan"):
        response = rita.post(f"{NEW}/{address}", filled(kind, **fields))

        page = response.content.decode()
        assert response.status_code == 422
        assert f'<a href="#id_{field}"' in page
        assert message in words(response)
        assert f'id="id_{field}' in page
    for value in fields.values():
        for text in value if isinstance(value, list) else [value]:
            assert html.escape(text).replace("\0", "") in page.replace("&#x27;", "&#39;").replace("\0", "")
    assert not Operation.objects.exists()


def test_the_plan_is_shown_and_nothing_is_kept(rita: Client, local_workers: None) -> None:
    response = rita.post(f"{NEW}/plan", filled("data_pipeline", **{"p-counties": ["Duval"], "p-file_types": ["NAL"]}))

    page = words(response)
    assert response.status_code == 200
    assert "florida_data.discover" in page
    assert "E5 the release in the warehouse" in page
    assert "writes" in page
    assert "only reads" in page
    assert not Operation.objects.exists()
    assert not Step.objects.exists()


def test_a_step_that_a_person_must_approve_is_marked(rita: Client, local_workers: None) -> None:
    steps = '[{"id": "E1", "worker": "ai_ml", "action": "execute_self_healing", "arguments": {"dry_run": false}}]'

    page = words(rita.post(f"{NEW}/plan", filled("custom", way="steps", **{"p-steps": steps})))

    assert "waits for approval" in page


def test_a_plan_that_could_not_be_executed_says_why(rita: Client, local_workers: None) -> None:
    RegisteredWorker.objects.filter(name="florida_data").delete()

    page = words(rita.post(f"{NEW}/plan", filled("data_pipeline", **{"p-counties": ["all"], "p-file_types": ["NAL"]})))

    assert "This plan could not be executed" in page
    assert "there is no worker 'florida_data'" in page


def test_where_a_model_plans_the_form_says_so_and_what_it_took(
    rita: Client, settings: Any, local_workers: None
) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    earlier = make_operation(operation_type="custom", parameters={"goal": "x"})
    ModelCall.objects.create(
        operation=earlier, purpose="planning", model="m", prompt_tokens=900, completion_tokens=100, cost_usd="0.004"
    )

    page = words(rita.post(f"{NEW}/plan", filled("custom", way="goal", **{"p-goal": "compare the rolls"})))

    assert "A language model will make the plan" in page
    assert "about 1,000 tokens, $0.004" in page


def test_the_address_may_fill_the_form(rita: Client) -> None:
    page = rita.get(f"{NEW}?type=data_pipeline&p-counties=Duval&p-year=2024").content.decode()

    assert re.search(r'value="Duval"\s+checked', page)
    assert 'value="2024"' in page


def test_who_may_not_start_is_refused(db: None, rita: Client) -> None:
    sam = make_auditor("sam")
    browser = Client()
    browser.force_login(sam)

    assert browser.get(NEW).status_code == 403
    assert start(browser, "performance_check", **{"p-checks": ["health"]}).status_code == 403
    assert "Start an operation" not in words(browser.get("/console/operations"))
    assert "Start an operation" in words(rita.get("/console/operations"))

    sam.user_permissions.add(Permission.objects.get(codename="start_performance_check"))
    assert browser.get(NEW).status_code == 200
    assert "Start an operation" in words(browser.get("/console/operations"))
    start(browser, "performance_check", **{"p-checks": ["health"]})
    assert started().events.get().actor == "sam"


def test_a_stranger_signs_in_and_comes_back_to_the_form(db: None) -> None:
    assert Client().get(f"{NEW}?type=custom")["Location"].startswith("/console/login?next=")
    assert start(Client(), "custom")["Location"] == "/console/login?next=/console/operations/new"


def test_what_is_not_offered_is_not_found(rita: Client) -> None:
    assert rita.get(f"{NEW}?type=magic").status_code == 404
    assert rita.get(f"{NEW}?like=op-0").status_code == 404
    assert start(rita, "magic").status_code == 404


def test_hostile_texts_stay_texts(db: None) -> None:
    browser = signed_in("mallory")
    evil = '"><script>alert(1)</script>\u202e'

    page = start(browser, "data_pipeline", **{"p-counties": [evil], "metadata": evil}).content.decode()

    assert "<script>alert" not in page
