"""The door of the web: each request and each handshake is looked at and counted before anything else is done for it."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from concord.limits import callers, refusal
from concord.limits.cells import Bucket, Level
from concord.limits.counting import Counting
from concord.limits.fields import fields, refused
from concord.limits.kinds import FAILED, kind_of
from concord.limits.refusal import Refusal
from concord.limits.shape import unfit
from concord.metrics import families
from concord.metrics.process import figures

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Counter:
    """Counts calls by whose they are, and remembers whose credentials were good."""

    def __init__(self) -> None:
        self._counting = Counting()
        self._known = callers.Known()

    async def take(self, scope: Any) -> "Entry":
        """Count this call. One round trip to Redis, none where its kind has no limit."""
        kind, (credential, is_key) = kind_of(scope), callers.credential(scope)
        address = callers.address(scope)
        entry = Entry(kind, credential, is_key, address, self._known.whose(credential))
        buckets = [*_bucket(kind, entry.who)]
        if is_key and not entry.known:
            buckets += _bucket(FAILED, address, charged=False)
        entry.levels = await self._counting.take(buckets) if buckets and kind else []
        return entry

    async def let_in(self, entry: "Entry", whose: str) -> None:
        """``whose`` call it was. The first one was counted for its address, and is now counted for them too."""
        if not entry.credential or not whose:
            return
        self._known.learn(entry.credential, whose)
        if not entry.known and (buckets := _bucket(entry.kind, whose)):
            entry.levels = await self._counting.take(buckets)

    async def failed(self, entry: "Entry") -> None:
        """Its credential was not good."""
        self._known.forget(entry.credential)
        if entry.is_key and (buckets := _bucket(FAILED, entry.address)):
            await self._counting.take(buckets)


@dataclass
class Entry:
    """One call at the door: its kind, what it presents, from where, and whose that is as far as it is known."""

    kind: str
    credential: str
    is_key: bool
    address: str
    known: str
    levels: list[Level] = field(default_factory=list)

    @property
    def who(self) -> str:
        return self.known or self.address

    def fields(self) -> list[tuple[bytes, bytes]]:
        found = fields(self.levels[0]) if self.levels else {}
        return [(name.encode(), value.encode()) for name, value in found.items()]


def _bucket(kind: str, who: str, *, charged: bool = True) -> list[Bucket]:
    rate = settings.RATE_LIMITS.get(kind)
    return [Bucket(kind, who, rate, charged)] if rate else []


class Door:
    """Wraps the application for HTTP."""

    def __init__(self, application: Any, counter: Counter) -> None:
        self.application = application
        self.counter = counter

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        entry = await self.counter.take(scope)
        if no := refused(entry.levels) or unfit(scope):
            await self._refuse(no, scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 401:  # counted before it is told: the next guess comes after that
                    await self.counter.failed(entry)
                else:
                    await self.counter.let_in(entry, scope.get(callers.SAYS, ""))
                message = {**message, "headers": [*message["headers"], *entry.fields()]}
            await send(message)

        await self.application(scope, receive, sending)

    async def _refuse(self, no: Refusal, scope: Any, receive: Any, send: Send) -> None:
        figures.add(lambda rise: rise.count(families.REFUSED, no.more.get("violated-policies", [str(no.status)])[0]))
        await self.application({**scope, refusal.SAYS: no}, receive, send)
