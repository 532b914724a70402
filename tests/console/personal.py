"""Rows that tell of two people in every place, the pages that show them, and asking to see them."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from escalations.models import Escalation
from operations.models import Operation
from operations.states import Reason, Status, StepStatus
from tests.make import make_escalation, make_operation

NAME, STREET, FEI = "ZABRISKIE QUENTIN J", "4711 HIDDEN HOLLOW", "59-7654321"
MAIL, PHONE = "quentin@zabriskie.org", "305-555-0142"
OTHER = "Wanda Fernsby-Okoro"
SECRETS = (NAME, STREET, MAIL, PHONE, FEI, OTHER)
PURPOSE = "To decide the question"
SCRIPT = {"HX-Request": "true"}


def make_personal() -> Escalation:
    """A question about an operation all of whose parts tell of two people."""
    row = {"PARCEL_ID": "12-34", "OWN_NAME": NAME, "OWN_ADDR1": STREET, "fei": FEI, "JV": 5}
    pair = {
        "left_key": f"{NAME} | {STREET}",
        "left": {"own": NAME, "where": STREET},
        "candidates": [
            {"right_key": "P1", "right": {"title": OTHER, "fei": FEI}, "probability": 0.6, "comparison": []},
        ],
    }
    rule = {"rule": "r", "severity": "error", "basis": "b", "checked": 9, "violations": 2, "examples": [row]}
    contact = {"name": OTHER, "email": MAIL, "phone": PHONE}
    result = {"rows": [row], "rules": [rule], "owner": NAME, "note": f"It is of {NAME}, call {PHONE}."}
    operation = make_operation(
        status=Status.ESCALATING, parameters={"steps": [], "contact": contact, "counties": ["Duval"]}, metadata=contact
    )
    Operation.objects.filter(pk=operation.pk).update(
        result=result,
        error=f"{NAME} at {STREET} was refused",
        plan={"steps": []},
        confidence_score=0.4,
        confidence=[{"name": "rows", "value": 0.1, "weight": 1, "words": f"{OTHER} is unsure"}],
    )
    for number, worker in enumerate(("plant", "other"), 1):
        operation.steps.create(
            step_id=f"E{number}",
            position=number,
            worker=worker,
            action="numbers",
            label=f"Ask {OTHER}",
            arguments={"upto": 3, "owner": NAME, "taken": "#E1.owner", "list": [contact]},
            status=StepStatus.COMPLETED,
            result=result,
            error=f"{MAIL} does not answer",
        )
    operation.refresh_from_db()
    operation.record("told", f"{NAME} called from {PHONE}")
    finding = {"step": "E1", "rule": "open is empty", "message": f"{NAME} may be {OTHER}", "items": [pair]}
    other = {"step": "E2", "rule": "rows", "message": "a row", "items": [row]}
    return make_escalation(
        operation, reason=Reason.RULE_FAILED, message=f"{NAME} may be {OTHER}", findings=[finding, other], steps=["E1"]
    )


def pages(escalation: Escalation) -> list[str]:
    at, operation = f"/console/escalations/{escalation.pk}", f"/console/operations/{escalation.operation_id}"
    return [
        at,
        f"{at}/edit",
        f"{at}/talk",
        operation,
        f"{operation}/steps/E1",
        "/console/operations",
        "/console/escalations",
        "/console/escalations?group=cause",
        f"/console/operations/new?like={escalation.operation_id}",
        "/console/",
        "/console/mine",
        "/console/notices",
    ]


def seen(response: Any) -> list[str]:
    page = response.content.decode()
    return [secret for secret in SECRETS if secret.casefold() in page.casefold()]


def reveal(browser: Client, page: str, part: str = "all", purpose: str = PURPOSE, **more: Any) -> Any:
    return browser.post("/console/reveal", {"page": page, "part": part, "purpose": purpose}, **more)


def permitted(browser: Client, name: str, *, may: bool) -> Client:
    person = User.objects.get(username=name)
    permission = Permission.objects.get(codename="see_owners")
    if may:
        person.user_permissions.add(permission)
    else:
        person.groups.clear()
        person.user_permissions.set(
            Permission.objects.filter(codename__in=["decide_escalation", "view_operation", "view_release"])
        )
    browser.force_login(person)
    return browser
