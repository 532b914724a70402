"""Errors as RFC 9457 problem documents: what happened, what to do about it, and the fields at fault."""

import logging
from functools import singledispatch
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, views
from rest_framework.response import Response

from operations.acts import KeyReused
from operations.models import TransitionError
from operations.planning.types import BadParameters
from operations.problem import Json, Problem, faults

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5  # seconds


@singledispatch
def as_api_error(error: Exception) -> exceptions.APIException | None:
    """The API's error for a domain error; None for what nobody expected. Other apps register their own."""
    return error if isinstance(error, exceptions.APIException) else None


@as_api_error.register(KeyReused)
@as_api_error.register(TransitionError)
def _(error: Exception) -> exceptions.APIException:
    return Problem(409, str(error))


@as_api_error.register
def _(error: BadParameters) -> exceptions.APIException:
    return Problem(error.status, str(error), field=error.field)


@as_api_error.register
def _(error: exceptions.NotAuthenticated) -> exceptions.APIException:
    error.detail = exceptions.ErrorDetail(
        "Send an API key: `Authorization: Bearer KEY` or `X-API-Key: KEY`.", error.default_code
    )
    return error


@as_api_error.register
def _(error: exceptions.UnsupportedMediaType) -> exceptions.APIException:
    return Problem(415, f"{error.detail} Send JSON, with `Content-Type: application/json`.")


@as_api_error.register(InterfaceError)
@as_api_error.register(OperationalError)
def _(error: Exception) -> exceptions.APIException:
    logger.error("The database did not do its part: %s", error)
    away = Problem(503, "The database is away or overloaded. Nothing was changed; try again.")
    away.wait = RETRY_AFTER
    return away


@as_api_error.register
def _(error: Http404) -> exceptions.APIException:
    return exceptions.NotFound("There is nothing here, or nothing that you may see.")


@as_api_error.register
def _(error: PermissionDenied) -> exceptions.APIException:
    return exceptions.PermissionDenied(str(error) or None)


def exception_handler(error: Exception, context: Json) -> Response | None:
    """Answer with a problem document. None, and so Django's 500, for what nobody expected."""
    known = as_api_error(error)
    if known is None:
        return None
    response = views.exception_handler(known, context)
    if response is None:
        return None
    errors = faults(known)
    detail = " ".join(_sentence(error) for error in errors)
    more = getattr(known, "more", {})
    response.data = document(response.status_code, detail, context["request"].path, errors=errors, **more)
    response.content_type = MEDIA_TYPE
    return response


def document(status: int, detail: str, instance: str, *, errors: list[Json] | None = None, **more: Any) -> Json:
    """A problem document. ``errors`` is a list of ``{"field", "message"}``, for those with a field."""
    problem: Json = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if at_fault := [error for error in errors or [] if error["field"]]:
        problem["errors"] = at_fault
    return problem | more


def answer(request: HttpRequest, status: int, detail: str, **more: Any) -> JsonResponse:
    """A problem document for what did not reach a view."""
    return JsonResponse(document(status, detail, request.path) | more, status=status, content_type=MEDIA_TYPE)


def _sentence(error: Json) -> str:
    named = error["field"] and error["field"] not in error["message"]
    return f"{error['field']}: {error['message']}" if named else error["message"]
