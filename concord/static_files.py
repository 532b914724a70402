"""The static files, behind ASGI: read only, and an address that leads out of their folders leads nowhere."""

from typing import Any

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponseNotAllowed

READ = ["GET", "HEAD"]


class StaticFiles(ASGIStaticFilesHandler):
    """Django's own handler for them takes any method, and answers a path such as /static/../x with a 500."""

    def serve(self, request: HttpRequest) -> Any:
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        try:
            return super().serve(request)
        except (SuspiciousOperation, ValueError, OSError) as error:  # out of the folders, a NUL, a name too long
            raise Http404 from error
