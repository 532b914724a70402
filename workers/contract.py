"""What an action is: a typed function with a docstring. Its schemas, manifest and help are made from it.

A worker is a name and its actions::

    @action(read_only=True, expected_seconds=2)
    def discover(call: Call, counties: list[str]) -> Discovery:
        \"\"\"List the roll files that the source offers.\"\"\"

    worker = Worker("florida_data", "1.0", [discover])

The first parameter is the running `Call`; the others are what the caller sends, checked by pydantic against
their annotations (``Annotated[..., Field(description=...)]`` describes one). The annotation of the result is a
TypedDict, a dataclass or a pydantic model.
"""

import inspect
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from workers import llm

Json = dict[str, Any]


class ActionError(Exception):
    """The action cannot do what it was asked, and trying again would not help."""

    status = 400

    def __init__(self, message: str, *, field: str = ""):
        super().__init__(message)
        self.field = field


class InvalidParameters(ActionError):
    """The parameters do not fit the action's schema, or name something that does not exist."""

    status = 422


class TryLater(ActionError):
    """Something outside is away or busy: the same call may succeed after ``retry_after`` seconds."""

    status = 503

    def __init__(self, message: str, *, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class Cancelled(Exception):
    """The caller withdrew the call, a later attempt took it over, or its deadline has passed."""


@dataclass
class Call:
    """A running call: whose it is, how it tells of its progress, and whether it should stop.

    A test or a command may make one without arguments and hand it to an action.
    """

    operation_id: str = ""
    step: str = ""
    attempt: int = 1
    deadline: datetime | None = None
    confidence: float | None = None  # an action that knows how sure it is may set it
    usage: list[Json] = field(default_factory=list)  # model calls that the action made
    cancelled: threading.Event = field(default_factory=threading.Event)
    report: Callable[[int, int | None, str], None] = lambda done, total, message: None

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the work is. Cheap enough to call for every chunk; raises `Cancelled` when it is time to stop."""
        self.report(done, total, message)
        self.check()

    def check(self) -> None:
        """Raise `Cancelled` if the call was withdrawn."""
        if self.cancelled.is_set():
            raise Cancelled

    def ask(self, messages: Sequence[Json], *, max_tokens: int, timeout: float, **options: Any) -> llm.Answer:
        """Ask the language model, as `workers.llm.ask` does, on the caller's account and not beyond his deadline.

        Raises `llm.ModelFailed`, and `Cancelled` instead of asking again for a call that was withdrawn.
        """
        if self.deadline:
            timeout = min(timeout, (self.deadline - datetime.now(UTC)).total_seconds())
        return llm.ask(messages, purpose="execution", max_tokens=max_tokens, timeout=timeout, account=self, **options)

    # A call keeps account of its own model calls (`llm.Account`).

    def begins(self, estimate: llm.Use) -> None:
        self.check()

    def ended(self, use: llm.Use) -> None:
        self.usage.append(asdict(use))


@dataclass(frozen=True)
class Action:
    """One action of a worker, made from a function by the `action` decorator."""

    function: Callable[..., Any]
    read_only: bool
    idempotent: bool
    destructive: bool
    expected_seconds: float
    parameters: type[BaseModel]
    result: TypeAdapter[Any]
    harmless: Json | None = None  # JSON Schema of the arguments with which a destructive action destroys nothing
    alone: str = ""  # the path of the parameter that names the work which one call at a time does

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def description(self) -> str:
        return inspect.getdoc(self.function) or ""

    def manifest(self) -> Json:
        """The action as the manifest shows it: JSON Schemas (2020-12) and what a caller may assume of it."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters.model_json_schema(),
            "result": self.result.json_schema(mode="serialization"),
            "read_only": self.read_only,
            "idempotent": self.idempotent,
            "destructive": self.destructive,
            **({"harmless": self.harmless} if self.harmless else {}),
            "expected_seconds": self.expected_seconds,
        }

    def check(self, parameters: Json) -> Json:
        """The function's arguments, made of ``parameters``. Raises `InvalidParameters` where they do not fit."""
        try:
            checked = self.parameters.model_validate(parameters)
        except ValidationError as error:
            raise _explained(error) from error
        return {name: getattr(checked, name) for name in type(checked).model_fields}

    def perform(self, call: Call, arguments: Json) -> Any:
        """Run the function on checked ``arguments`` and return its result as JSON values.

        Raises any `ActionError`, `Cancelled`, or whatever went wrong in the function.
        """
        return self.result.dump_python(self.function(call, **arguments), mode="json")

    def work(self, arguments: Json) -> str:
        """The name of the work that no two calls do at the same time; empty if they may."""
        if not self.alone:
            return ""
        value: Any = arguments
        for name in self.alone.split("."):
            value = value[name]
        return f"{self.name}:{value}"

    def run(self, call: Call, parameters: Json) -> Any:
        """Check ``parameters``, then perform."""
        return self.perform(call, self.check(parameters))

    def __call__(self, call: Call, /, **arguments: Any) -> Any:
        return self.function(call, **arguments)


def action(
    *,
    read_only: bool = False,
    idempotent: bool = True,
    destructive: bool = False,
    harmless: Json | None = None,
    alone: str = "",
    expected_seconds: float = 1,
) -> Callable[[Callable[..., Any]], Action]:
    """Make an `Action` of a typed function.

    ``harmless`` is a JSON Schema: a call of a destructive action whose arguments fit it destroys nothing, and no
    person need approve it. Arguments that are left out are not filled in for it.

    ``alone`` is the path of a parameter, such as ``file.url``: of calls with the same value there, a service runs one
    at a time, whichever replicas they reach. The others wait, and the function finds what the first one did.
    """

    def wrap(function: Callable[..., Any]) -> Action:
        hints = get_type_hints(function, include_extras=True)
        signature = inspect.signature(function).parameters.values()
        fields: dict[str, Any] = {
            parameter.name: (
                hints[parameter.name],
                ... if parameter.default is parameter.empty else parameter.default,
            )
            for parameter in list(signature)[1:]
        }
        return Action(
            function=function,
            read_only=read_only,
            idempotent=idempotent,
            destructive=destructive,
            harmless=harmless,
            alone=alone,
            expected_seconds=expected_seconds,
            parameters=create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields),
            result=TypeAdapter(hints["return"]),
        )

    return wrap


class Worker:
    """A named set of actions, as one service serves it."""

    def __init__(self, name: str, version: str, actions: Iterable[Action]):
        self.name = name
        self.version = version
        self.actions = {action.name: action for action in actions}

    def manifest(self) -> Json:
        """Name, version and actions, as `GET /manifest` answers."""
        actions = [action.manifest() for action in self.actions.values()]
        return {"name": self.name, "version": self.version, "actions": actions}


def _explained(error: ValidationError) -> InvalidParameters:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    return InvalidParameters(f"{path}: {first['msg']}" if path else first["msg"], field=path)
