"""What a new installation gets before anybody can use it: two people and an API key."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from operations.models import ApiKey
from operations.roles import ADMINISTRATOR, REVIEWER, role

ADMIN = "admin"
KEY = "local"


@dataclass(frozen=True)
class Credentials:
    """What is shown once: the two passwords and the key of a new installation."""

    admin_password: str
    reviewer_password: str
    api_key: str


@transaction.atomic
def create_accounts() -> Credentials | None:
    """Make the admin, a reviewer and an API key, unless the installation has people already: then None."""
    if User.objects.exists():
        return None
    admin_password, reviewer_password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    admin = User.objects.create_superuser(ADMIN, password=admin_password)
    admin.groups.add(role(ADMINISTRATOR))
    reviewer = User.objects.create_user(REVIEWER, password=reviewer_password)
    reviewer.groups.add(role(REVIEWER))
    taken = ApiKey.objects.filter(name=KEY).exists()
    _, key = ApiKey.objects.issue(f"{KEY}-{secrets.token_hex(2)}" if taken else KEY)
    return Credentials(admin_password, reviewer_password, key)
