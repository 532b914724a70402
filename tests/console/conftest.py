"""Reviewers at their browsers, by way of Django's test client."""

import pytest
from django.test import Client

from tests.make import make_reviewer


@pytest.fixture
def rita(db: None) -> Client:
    return signed_in("rita")


@pytest.fixture
def bob(db: None) -> Client:
    return signed_in("bob")


def signed_in(name: str) -> Client:
    browser = Client()
    browser.force_login(make_reviewer(name))
    return browser
