"""What Daphne serves: HTTP by Django's views, and the sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
get_asgi_application()  # loads the apps: keep above the imports that need them

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

from concord.handler import Handler, Lanes  # noqa: E402
from concord.metrics.doors import CountSockets  # noqa: E402
from concord.rested import Rested  # noqa: E402
from concord.sockets import websockets  # noqa: E402
from concord.waiting import Waiting  # noqa: E402

pages = Lanes(Handler(), settings.WEB_THREADS, apart=frozenset({"/health"}))
http = Waiting(ASGIStaticFilesHandler(pages), Rested())  # type: ignore[arg-type]
application = ProtocolTypeRouter({"http": http, "websocket": CountSockets(websockets)})
