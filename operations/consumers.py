"""Sockets that say only that something changed; whoever listens fetches what he may see.

Who asks stands in ``scope["user"]``: a person, or the key of a program (see concord.sockets).
"""

import asyncio
import logging
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.urls import path

from operations.live import operation_group
from operations.models import Operation
from operations.sequences import sequences

logger = logging.getLogger(__name__)

APART = 0.25  # seconds between two messages to one socket


class ChangeConsumer(AsyncJsonWebsocketConsumer):
    """Tells one socket the newest sequence number of one group: on connecting and after changes.

    However many changes there are, a socket gets four messages a second at most, and always the newest in the end.
    """

    group = ""
    _newest = _told = -2  # no group ever has this number
    _told_at = 0.0
    _telling: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        if not await database_sync_to_async(self.may_listen)():
            await self.close()  # before accepting: the handshake is answered with 403
            return
        self.groups.append(self.group)  # so that it is left on disconnecting
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        [sequence] = await database_sync_to_async(sequences)(self.group)
        await self.changed({"sequence": sequence})

    def may_listen(self) -> bool:
        """May who asks listen to this group? Runs in a thread; may read the database."""
        raise NotImplementedError

    def news(self) -> dict[str, Any]:
        """What to tell beside the sequence number. Runs in a thread; may read the database."""
        return {}

    async def changed(self, event: dict[str, Any]) -> None:
        """The handler of the group's messages."""
        self._newest = event["sequence"]
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            while self._told != self._newest:
                await asyncio.sleep(self._told_at + APART - time.monotonic())
                self._told, self._told_at = self._newest, time.monotonic()
                await self.send_json({**await database_sync_to_async(self.news)(), "sequence": self._told})
        except Exception:  # a socket that cannot be told must end, so that its client comes again
            logger.exception("A socket could not be told of a change")
            await self.close()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Whatever a client says is ignored."""

    async def disconnect(self, code: int) -> None:
        if self._telling:
            self._telling.cancel()


class OperationConsumer(ChangeConsumer):
    """The changes of one operation."""

    def may_listen(self) -> bool:
        operation_id = self.scope["url_route"]["kwargs"]["operation_id"]
        self.group = operation_group(operation_id)
        return Operation.objects.visible_to(self.scope["user"]).filter(pk=operation_id).exists()


websocket_urlpatterns = [
    path("ws/operations/<str:operation_id>", OperationConsumer.as_asgi()),  # type: ignore[arg-type]  # django-stubs know views only
]
