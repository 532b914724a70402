"""Everybody who may come: programs with keys of all kinds, and people of all roles."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.test import Client

from operations.models import ApiKey
from operations.models.clients import SCOPES
from operations.roles import ADMINISTRATOR, AUDITOR, OPERATOR, REVIEWER
from tests.access.matrix.world import World
from tests.make import make_key, make_person

OPERATORS = ("operator", "operator, own", "operator, other's")
PEOPLE = ("stranger", "account", "staff", *OPERATORS, "auditor", "reviewer", "administrator")
KEYS = ("key: none", "key: wrong", "key: right", "key: other's")


@dataclass
class Caller:
    """A client of the doors, and what it finds."""

    name: str
    client: Client
    world: World
    headers: list[tuple[bytes, bytes]]


class Cast:
    """Makes callers; each is made once."""

    def __init__(self) -> None:
        self.other, _ = make_key(name="another")
        self._made: dict[tuple[str, tuple[str, ...]], Caller] = {}

    def caller(self, name: str, scopes: tuple[str, ...] = ()) -> Caller:
        """The caller of a column, in a row that asks keys for one of ``scopes``."""
        known = (name, scopes if name in KEYS else ())
        if known not in self._made:
            self._made[known] = self._key(name, scopes) if name in KEYS else self._person(name)
        return self._made[known]

    def root(self) -> Caller:
        """Somebody who may do everything."""
        if ("root", ()) not in self._made:
            person = make_person("root", is_superuser=True, is_staff=True)
            self._made["root", ()] = _signed_in("root", person, World.of(self.other, None, "root"))
        return self._made["root", ()]

    def _key(self, name: str, scopes: tuple[str, ...]) -> Caller:
        given = {"key: none": [], "key: wrong": [scope for scope in SCOPES if not _serves(scope, scopes)]}
        row, secret = ApiKey.objects.issue(f"{name} {' '.join(scopes)}", given.get(name, list(scopes[:1])))
        owner = self.other if name == "key: other's" else row
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
        return Caller(name, client, World.of(owner, None), [(b"authorization", f"Bearer {secret}".encode())])

    def _person(self, name: str) -> Caller:
        if name == "stranger":
            return Caller(name, Client(raise_request_exception=False), World.of(self.other, None), [])
        roles = {"operator": OPERATOR, "auditor": AUDITOR, "reviewer": REVIEWER, "administrator": ADMINISTRATOR}
        role = roles.get(name.partition(",")[0])
        person = make_person(name.replace(", ", "-").replace("'", ""), *filter(None, [role]), is_staff=name == "staff")
        own = name == "operator, own"
        world = World.of(None if own else self.other, person if own else None, person.username)
        return _signed_in(name, person, world)


def _serves(scope: str, scopes: tuple[str, ...]) -> bool:
    return scope in scopes or ("start" in scopes and scope.startswith("start:"))


def _signed_in(name: str, person: User, world: World) -> Caller:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"cookie", cookie.encode()), (b"origin", b"http://localhost:8000")]
    return Caller(name, client, world, headers)


def columns(cells: dict[str, str]) -> Iterator[str]:
    """The callers of a row; fails for a column that nobody stands for."""
    unknown = set(cells) - {*PEOPLE, *KEYS}
    assert not unknown, f"nobody is called {unknown}"
    yield from cells
