"""What Daphne serves: HTTP by Django's views, and the sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
get_asgi_application()  # loads the apps: keep above the imports that need them

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from concord.answer_headers import AnswerHeaders  # noqa: E402
from concord.handler import Handler, Lanes  # noqa: E402
from concord.limits.door import Counter, Door  # noqa: E402
from concord.limits.seats import Seats  # noqa: E402
from concord.limits.sockets import SocketDoor  # noqa: E402
from concord.metrics.doors import CountSockets  # noqa: E402
from concord.rested import Rested  # noqa: E402
from concord.sockets import websockets  # noqa: E402
from concord.static_files import StaticFiles  # noqa: E402
from concord.waiting import Waiting  # noqa: E402

pages = Lanes(Handler(), settings.WEB_THREADS, apart=frozenset({"/health"}))
waiting = Waiting(
    StaticFiles(pages),  # type: ignore[arg-type]
    Rested(),
    Seats(settings.MAX_WAITING_PER_CLIENT, settings.MAX_WAITING),
)
counter = Counter()
sockets = SocketDoor(CountSockets(websockets), counter, Seats(settings.MAX_SOCKETS_PER_CLIENT, settings.MAX_SOCKETS))
application = ProtocolTypeRouter({"http": AnswerHeaders(Door(waiting, counter)), "websocket": sockets})
