"""Errors that no view could answer, and the request's id on every answer."""

from unittest.mock import patch

import pytest
from django.db import OperationalError

from operations.models import Operation
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_a_problem_document(eve: Caller) -> None:
    response = eve.get("/operation")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here. The API is described at /docs.",
        "instance": "/operation",
    }


def test_people_get_a_page_instead(eve: Caller) -> None:
    response = eve.get("/console/nothing/here")

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_served_is_refused(eve: Caller) -> None:
    response = eve.get("/health", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_bug_is_a_problem_document_that_tells_nothing(alice: Caller) -> None:
    with patch.object(Operation.objects, "visible_to", side_effect=RuntimeError("the secret")):
        response = alice.get("/operations")

    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content


def test_a_database_that_is_away_is_503_and_worth_another_try(alice: Caller) -> None:
    with patch.object(Operation.objects, "visible_to", side_effect=OperationalError("at 10.0.0.7: refused")):
        response = alice.get("/operations")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert b"10.0.0.7" not in response.content


def test_a_method_that_is_not_there_names_those_that_are(alice: Caller) -> None:
    response = alice.put("/operations")

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_sensible_request_id_is_kept_and_another_replaced(eve: Caller) -> None:
    assert eve.get("/health", headers={"X-Request-Id": "job-7/a"}).headers["X-Request-Id"] == "job-7/a"

    given = [eve.get("/health", headers={"X-Request-Id": bad}).headers["X-Request-Id"] for bad in ("a b", "x" * 200)]
    assert len(set(given)) == 2
    assert all(len(name) == 32 for name in given)
