"""An auditor at the browser, and programs with and without the scope."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests import guards
from tests.api.conftest import Caller, caller
from tests.console.conftest import signed_in
from tests.make import make_person


@pytest.fixture
def alice(db: None) -> Caller:
    return caller(name="alice")


@pytest.fixture
def auditor(db: None) -> Caller:
    return caller("audit", name="auditor")


@pytest.fixture
def rita(db: None) -> Client:
    return signed_in("rita")


@pytest.fixture
def vera(db: None) -> Client:
    """A person who may look and see the trail, and decides nothing."""
    person = make_person("vera", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_entry", content_type__app_label="audit"))
    browser = Client()
    browser.force_login(person)
    return browser


@pytest.fixture
def guarded(transactional_db: Any) -> Iterator[None]:
    """The database refuses changes of the trail, as it does outside the tests."""
    with guards.in_place():
        yield
