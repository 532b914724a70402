"""People and programs at the doors."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.make import make_person

Browser = Callable[..., Client]


@pytest.fixture
def browser(db: None) -> Browser:
    """Signs a person in: a new one with these roles, or one that there is."""

    def signed_in(*roles: str, person: User | None = None, **fields: Any) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(person or make_person("", *roles, **fields))
        return client

    return signed_in
