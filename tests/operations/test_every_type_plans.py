"""For every type that rules can plan, their plan said in a model's words is accepted, and is the rules' plan again."""

import json
from typing import Any

import pytest

from operations.models import Operation
from operations.planning import drafts, placeholders, rules, safeguards, types, wire
from operations.planning.prompt import Question
from workers import catalogue, registry, tokens
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db

SIDE = {"table": "sdf_current"}
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("data_pipeline", {"counties": "all"}),
    ("data_pipeline", {"counties": ["Broward", 26], "file_types": ["SDF"], "source": "sample", "year": 2025}),
    ("data_pipeline", {"test": True}),
    ("data_pipeline", {"counties": "all", "only": "gaps"}),
    ("data_pipeline", {"counties": ["Duval"], "file_types": ["NAL"], "source": "inbox", "only": "gaps"}),
    ("data_validation", {"counties": ["Broward"], "level": "strict", "stage": "F"}),
    ("entity_sync", {}),
    ("entity_sync", {"test": True}),
    ("entity_sync", {"datasets": ["corporations"], "since": "2025-01-01"}),
    ("ai_inference", {}),
    ("ai_inference", {"roll": "SDF", "counties": ["Duval"], "threshold": 0.95}),
    ("ai_inference", {"task": "monitoring", "hours": 5}),
    ("ai_inference", {"task": "rules", "restore": {"condominiums": 0}}),
    ("ai_inference", {"task": "question", "question": "how many parcels in Duval?", "limit": 5}),
    ("ai_inference", {"task": "healing"}),
    ("ai_inference", {"task": "healing", "remedies": ["reset_circuit"], "stale_after_days": 60, "dry_run": True}),
    ("performance_check", {}),
    ("performance_check", {"counties": "all", "hours": 5}),
    ("performance_check", {"checks": ["parity"], "left": SIDE, "right": SIDE, "key": ["parcel_id"]}),
]


@pytest.fixture(autouse=True)
def workers_known(db: None) -> None:
    registry.forget()
    for name in catalogue.PATHS:
        manifest = catalogue.load(name).manifest()
        RegisteredWorker.objects.create(name=name, url="http://localhost:1", manifest=manifest)


def in_lines(question: Question, *, short: bool = False) -> list[str]:
    """The template as a model would write it; ``short``: without the parameters that are passed on anyway."""
    said = ("id", "worker", "action", "for_each", "depends_on")
    steps = [
        {name: step[name] for name in said if name in step}
        | {"arguments": placeholders.abstract(step.get("arguments", {}), question.given)}
        for step in question.template
    ]
    if short:
        for step in steps:
            step["arguments"] = {name: value for name, value in step["arguments"].items() if value != f"${name}"}
    return wire.write(steps, question.names)


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize(("operation_type", "parameters"), KINDS)
def test_the_rules_plan_in_a_models_words_is_the_rules_plan(
    operation_type: str, parameters: dict[str, Any], short: bool
) -> None:
    question = Question.about(Operation(operation_type=operation_type, parameters=parameters))

    made = drafts.plan_of(question, in_lines(question, short=short))

    assert made["steps"] == [{"arguments": {}} | step for step in question.template]


@pytest.mark.parametrize(("operation_type", "parameters"), KINDS)
def test_what_is_asked_and_answered_fits_twice_into_the_budget(operation_type: str, parameters: dict[str, Any]) -> None:
    question = Question.about(Operation(operation_type=operation_type, parameters=parameters))
    spent = tokens.count_messages(question.messages(), schema=wire.SCHEMA) + tokens.count("".join(in_lines(question)))

    assert spent * 2 < 3500


def test_steps_that_call_one_action_can_be_planned_one_by_one() -> None:
    operation = Operation(operation_type="ai_inference", parameters={"task": "healing"})
    look, harmless, destructive = rules.make(operation)["steps"]
    call = "ai_ml.execute_self_healing"

    assert safeguards.hold(operation, [], [look]).problems == []
    assert safeguards.missing(operation, [look]) == [call, call]
    assert safeguards.hold(operation, [look], [harmless]).problems == []
    assert safeguards.hold(operation, [look, harmless], [destructive]).problems == []
    assert safeguards.missing(operation, [look, harmless, destructive]) == []
    again = destructive | {"id": "E4"}
    assert "called once already" in safeguards.hold(operation, [look, harmless, destructive], [again]).problems[0]


def test_every_type_that_rules_plan_is_tried_here() -> None:
    assert {operation_type for operation_type, _ in KINDS} == rules.TEMPLATES.keys() <= types.CHECKS.keys()


@pytest.mark.parametrize(
    ("goal", "needed"),
    [
        ("Load the sales of Duval.", {"discover", "download", "process", "validate", "upload"}),
        ("Is the disk full?", {"monitor_health"}),
        ("Which business entities changed their status?", {"monitor_status"}),
    ],
)
def test_a_goal_sees_the_actions_that_it_can_need_and_the_names_of_the_others(goal: str, needed: set[str]) -> None:
    question = Question.about(Operation(operation_type="custom", parameters={"goal": goal}))
    system = question.messages()[0]["content"]

    assert needed <= {action for _, action in question.actions}
    assert question.others
    assert all(name in system for name in question.names.values())
    assert tokens.count_messages(question.messages(), schema=wire.SCHEMA) < 1400


def test_an_action_that_was_named_only_is_told_in_full_for_the_repair() -> None:
    question = Question.about(Operation(operation_type="custom", parameters={"goal": "Load the sales of Duval."}))
    name = question.names[next(iter(question.others))]

    mended = question.repair(json.dumps({"steps": [f"E1={name}()"]}), ["E1: something is missing."])

    assert f"{name}(" not in question.messages()[0]["content"]
    assert mended[-1]["content"].startswith(f"{name}(")
