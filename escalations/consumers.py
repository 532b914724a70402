"""The sockets around the review queue: what waits, for the console's pages and for programs."""

from typing import Any

from django.urls import path

from escalations.counts import counts
from escalations.talk.notices import unread
from operations.access import may_look
from operations.consumers import ChangeConsumer
from operations.live import ESCALATIONS, OPERATIONS
from operations.rights import is_client


class CountsConsumer(ChangeConsumer):
    """`/ws`: how much is under way and how much waits. Open to every program, which is told of what it may see.

    People are told beside it how many notices they have not read.
    """

    group = OPERATIONS  # told of every change, those of the review queue too

    def may_listen(self) -> bool:
        return is_client(self.scope["user"]) or may_look(self.scope["user"])

    def news(self) -> dict[str, Any]:
        user: Any = self.scope["user"]
        told: dict[str, Any] = dict(counts(user))
        return told if is_client(user) else told | {"notices": unread(user.get_username())}


class EscalationsConsumer(ChangeConsumer):
    """`/ws/escalations`: the changes of the review queue, for those who see all of it."""

    group = ESCALATIONS

    def may_listen(self) -> bool:
        user: Any = self.scope["user"]
        if is_client(user):
            return user.may("read_all") or user.may("decide")
        return may_look(user)


websocket_urlpatterns = [
    path("ws", CountsConsumer.as_asgi()),  # type: ignore[arg-type]  # django-stubs know views only
    path("ws/escalations", EscalationsConsumer.as_asgi()),  # type: ignore[arg-type]
]
