"""Asking a call as somebody, and saying the answer in the README's words. Whatever it does is undone."""

from contextlib import ExitStack
from typing import Any

from django.db import transaction

from tests.access.matrix.callers import Caller
from tests.access.matrix.calls import METHODS, Call

DATABASES = ("default", "warehouse")
QUERIES = {
    "/operations/{id}/evidence": {"ref": "E1"},
    "/console/escalations/news": {"since": "2026-01-01T00:00:00Z"},
    "/console/notices/news": {"since": "2026-01-01T00:00:00Z"},
    "/admin/autocomplete/": {"app_label": "people", "model_name": "identity", "field_name": "user"},
}
SAID = {401: "401", 403: "403", 404: "404", 405: "405"}


def ask(caller: Caller, method: str, call: Call) -> str:
    """`ok` where the caller is let in, whatever comes of it; else how he is refused."""
    kept = caller.client.cookies.copy()
    with ExitStack() as undone:
        undone.callback(setattr, caller.client, "cookies", kept)
        for using in DATABASES:
            undone.enter_context(transaction.atomic(using=using))
            undone.callback(transaction.set_rollback, True, using=using)
        return in_words(_send(caller, method, call))


def methods(caller: Caller, call: Call) -> set[str]:
    """Those that the call has. The admin's pages answer any other method as they answer GET."""
    some = METHODS[:2] if call.path.startswith("/admin/") else METHODS
    return {method for method in some if ask(caller, method, call) != "405"}


def _send(caller: Caller, method: str, call: Call) -> Any:
    address, world = call.at(caller.world), caller.world
    if call.path.startswith(("/console", "/admin")):
        if method == "POST":
            return caller.client.post(address, world.form(call.path))
        send = getattr(caller.client, method.lower())
        return send(address, query(call.path)) if method in ("GET", "HEAD") else send(address)
    headers = {"Prefer": "respond-async"}
    send = getattr(caller.client, method.lower())
    if method in ("GET", "HEAD"):
        return send(address, query(call.path), headers=headers)
    return send(address, world.json(method, call.path), content_type="application/json", headers=headers)


def query(path: str) -> dict[str, str]:
    """What a GET of the path cannot do without."""
    return QUERIES.get(path, {})


def in_words(response: Any) -> str:
    status = response.status_code
    assert status < 500, f"{response.request['PATH_INFO']}: {response.content[:400]!r}"
    if status in (301, 302):
        target = response["Location"]
        if "/login" in target and "next=" in target:
            return "→ log in"
        return "→ operations" if target == "/console/operations" else "ok"
    return SAID.get(status, "ok")
