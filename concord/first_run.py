"""What a new installation gets before anybody can use it: two people and an API key."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from operations.models import ApiKey

ADMIN = "admin"
REVIEWER = "reviewer"
REVIEWERS = "reviewers"
KEY = "local"
MAY = (("escalations", "decide_escalation"), ("workers", "withdraw_release"), ("workers", "see_owners"))


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
    User.objects.create_superuser(ADMIN, password=admin_password)
    reviewer = User.objects.create_user(REVIEWER, password=reviewer_password)
    reviewer.groups.add(reviewers())
    taken = ApiKey.objects.filter(name=KEY).exists()
    _, key = ApiKey.objects.issue(f"{KEY}-{secrets.token_hex(2)}" if taken else KEY)
    return Credentials(admin_password, reviewer_password, key)


def reviewers() -> Group:
    """The group whose members decide escalations, see owners and withdraw releases."""
    group, _ = Group.objects.get_or_create(name=REVIEWERS)
    for app, codename in MAY:
        group.permissions.add(Permission.objects.get(codename=codename, content_type__app_label=app))
    return group
