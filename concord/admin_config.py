"""Puts Concord's own admin site in the place of Django's. Apart from it, since Django reads this before any model."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "concord.admin_site.Site"
