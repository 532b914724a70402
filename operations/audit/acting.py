"""Who acts at this moment, from where, and by which request: what the web's middleware knows, in a context variable."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from operations.audit.models import ActorKind


@dataclass(frozen=True)
class Acting:
    """A request: its caller is known only once it was authenticated, so the request itself is kept."""

    request: Any
    address: str
    request_id: str


@dataclass(frozen=True)
class Actor:
    kind: str
    id: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)
STRANGER = Actor(ActorKind.STRANGER)

_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(request: Any, address: str, request_id: str) -> Iterator[None]:
    """Inside the block it is the caller of ``request`` who acts."""
    token = _acting.set(Acting(request, address, request_id))
    try:
        yield
    finally:
        _acting.reset(token)


def current() -> Acting | None:
    """The request that is being answered; None in the background."""
    return _acting.get()


def who() -> Actor:
    """Who acts: the caller of the request, or Concord itself."""
    asked = current()
    return actor_of(getattr(asked.request, "user", None)) if asked else SYSTEM


def actor_of(caller: Any) -> Actor:
    """A person's account, a client's key, or anybody else, as the trail names them."""
    if caller is None or getattr(caller, "pk", None) is None:
        return STRANGER
    kind = ActorKind.PERSON if isinstance(caller, get_user_model()) else ActorKind.CLIENT
    return Actor(kind, str(caller.pk))


def whence() -> tuple[str, str]:
    """The address and the request's id; in the background the command of manage.py that runs."""
    asked = current()
    return (asked.address, asked.request_id) if asked else (_command(), "")


def _command() -> str:
    if Path(sys.argv[0]).name != "manage.py":
        return ""
    return f"manage.py {sys.argv[1]}"[:64] if len(sys.argv) > 1 else ""
