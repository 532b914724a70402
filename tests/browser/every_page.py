"""Every page of the console, filled and empty: rows of all kinds, and the addresses at which they are shown."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.models import Permission, User
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter
from django.utils import timezone

from escalations.deciding.decisions import Answer, decide
from escalations.models import Escalation, Kind, SavedView
from escalations.talk import talk
from operations.models import Operation
from operations.states import Reason, Status, StepStatus
from tests.browser.test_data_pages import load, make_quarantine
from tests.console.test_workers_pages import MANIFEST, make_worker
from tests.make import make_escalation, make_operation
from tests.operations import plant
from workers.models import RegisteredWorker
from workers.warehouse import releases
from workers.warehouse.models import Release

QUEUE = "/console/escalations"
BATCH = "b" * 32
# Asked for by pages that are open, and no pages themselves.
FRAGMENTS = {"escalations:news", "mine:news", "audit:export"}


def addresses() -> Iterator[tuple[str, str]]:
    """Each address below /console/, by its name, with something in the places of what it takes."""
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern).startswith("console/"):
            yield from _below(pattern, "")


def _below(pattern: URLPattern | URLResolver, space: str) -> Iterator[tuple[str, str]]:
    if isinstance(pattern, URLResolver):
        for inner in pattern.url_patterns:
            yield from _below(inner, f"{pattern.namespace}:")
        return
    takes = pattern.pattern.converters
    given = {key: 1 if isinstance(converter, IntConverter) else "x" for key, converter in takes.items()}
    yield f"{space}{pattern.name}", reverse(f"{space}{pattern.name}", kwargs=given)


def fill(who: str) -> dict[str, list[str]]:
    """Rows of all kinds, as ``who`` sees them. By name of the address: the pages that show them."""
    _permit(who)
    open_one, decided = _question(), _question()
    _talk(open_one, who)
    decide(
        decided,
        Answer(Kind.APPROVE, "It is known."),
        who=who,
        revision=decided.revision,
        decision_id="d",
        window=timedelta(hours=1),
        batch=BATCH,
    )
    one, other = _data(who)
    SavedView.objects.create(owner=who, name="Mine and old", query="assigned=me&order=oldest", shared=True)
    pages = defaultdict(list, _questions(open_one, decided) | _operations(open_one.operation) | _data_pages(one, other))
    pages["fleet:workers"] = ["/console/workers"]
    pages["fleet:worker"] = ["/console/workers/plant", "/console/workers/away"]
    pages["dashboard:dashboard"] = ["/console/"]
    pages["mine:history"] = ["/console/mine", "/console/mine?kind=replan"]
    pages["mine:notices"] = ["/console/notices"]
    pages["audit:audit"] = ["/console/audit", "/console/audit?actor=nobody"]
    account = "/console/account"
    pages |= {f"account:{name}": [f"{account}/{name}"] for name in ("password", "confirm", "totp")}
    pages["account:account"] = [account]
    # Steps of a log-in, which test_sign_in.py looks at as they come.
    pages |= {name: [] for name in ("login-code", "login-enrol", "login-oidc", "login-oidc-callback")}
    return pages


def _permit(who: str) -> None:
    person = User.objects.get(username=who)
    person.user_permissions.add(
        *Permission.objects.filter(codename__in=["withdraw_release", "see_owners", "view_entry"])
    )
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9", manifest=plant.worker.manifest())
    make_worker("away", healthy=False, error="http://away/health answered 500", manifest=MANIFEST, failures=7)


def _question() -> Escalation:
    now = timezone.now()
    operation = make_operation(
        status=Status.ESCALATING, plan={"steps": []}, parameters={"counties": ["Broward"] * 40, "deep": {"a": [1]}}
    )
    doubts = [{"name": "rows", "value": 0.4, "weight": 2, "words": "Rows that could be used"}]
    result = {"rows": [{"county": "Broward", "count": 7}] * 3, "parcels": ["4942 0101 0010"] * 60}
    Operation.objects.filter(pk=operation.pk).update(
        confidence_score=0.4, confidence=doubts, result=result, error="E2 failed", token_usage=1234
    )
    states = (StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.PENDING, StepStatus.RUNNING, StepStatus.SKIPPED)
    for number, state in enumerate(states, 1):
        operation.steps.create(
            step_id=f"E{number}",
            position=number,
            worker="plant",
            action="numbers",
            label=f"Read the file of county number {number}",
            arguments={"upto": 3, "taken": f"#E{number - 1}.rows"} if number > 1 else {"upto": 3},
            depends_on=[f"E{number - 1}"] if number > 1 else [],
            status=state,
            started_at=now,
            result=result if state == StepStatus.COMPLETED else None,
            error="the file has 23 columns, 24 were expected" if state == StepStatus.FAILED else "",
            progress={"done": 3, "total": 10, "message": "row 3"} if state == StepStatus.RUNNING else None,
        )
    finding = {"step": "E2", "rule": "columns", "severity": "error", "message": "23 columns", "items": [{"row": 1}]}
    operation.refresh_from_db()
    about = {"findings": [finding], "steps": ["E2"], "confidence_score": 0.4, "message": "E2 failed"}
    return make_escalation(operation, reason=Reason.STEP_FAILED, **about)


def _talk(escalation: Escalation, who: str) -> None:
    talk.comment(escalation, "bob", f"@{who}, is Duval right?")
    talk.assign(escalation, who, by="bob")


def _data(who: str) -> tuple[Release, Release]:
    one, other = load(), load(stage="F", seed=2)
    aside = {"rows_quarantined": 1, "quarantine_reasons": {"no such use code": 1}, "quarantine": make_quarantine()}
    Release.objects.filter(pk=other.pk).update(**aside)
    releases.withdraw(release=other, who=who, reason="It was the wrong file.")
    return one, other


def _questions(open_one: Escalation, decided: Escalation) -> dict[str, list[str]]:
    at = f"{QUEUE}/{open_one.pk}"
    return {
        "login": ["/console/login"],
        "escalations:queue": [QUEUE, f"{QUEUE}?group=cause", f"{QUEUE}?assigned=zoe", f"{QUEUE}?older=soon"],
        "escalations:batch": [f"{QUEUE}/batches/{BATCH}"],
        "escalations:escalation": [at, f"{QUEUE}/{decided.pk}"],
        "escalations:edit": [f"{at}/edit"],
        "escalations:talk": [f"{at}/talk"],
    }


def _operations(operation: Operation) -> dict[str, list[str]]:
    at, new = f"/console/operations/{operation.pk}", "/console/operations/new"
    ways = ["data_pipeline", "custom&way=steps", "ai_inference", "performance_check", "entity_sync"]
    return {
        "operations:operations": ["/console/operations", "/console/operations?status=failed"],
        "operations:operation": [at],
        "operations:step": [f"{at}/steps/E1", f"{at}/steps/E2"],
        "operations:new": [new, f"{new}?like={operation.pk}", *(f"{new}?type={way}" for way in ways)],
    }


def _data_pages(one: Release, other: Release) -> dict[str, list[str]]:
    at = "/console/data"
    return {
        "data:search": [at, f"{at}?q=mmm&by=address", f"{at}?q=nowhere"],
        "data:coverage": [f"{at}/coverage"],
        "data:parcel": [f"{at}/parcels/73/current/{'9%2F' * 13}"],
        "data:releases": [f"{at}/releases", f"{at}/releases?year=1999"],
        "data:release": [f"{at}/releases/{one.pk}", f"{at}/releases/{other.pk}"],
    }
