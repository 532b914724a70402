"""The admin's door: open to staff, and to whoever manages something there. Being let in is no right to any page."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from operations.access import may_open_admin


class Site(AdminSite):
    site_header = site_title = "Concord"

    def has_permission(self, request: HttpRequest) -> bool:
        return may_open_admin(request.user)

    def get_urls(self) -> list[Any]:
        """Without the one that leads to any row's own page: it asks for no permission for the row."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
