"""The OpenAPI description of the operations API and of the registry."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from operations.fields import Text
from operations.problems import MEDIA_TYPE
from operations.serializers import EvidenceQuery, OperationFilters, OperationRequest
from operations.shapes import (
    EventShape,
    EvidenceShape,
    ModelCallShape,
    OperationRowShape,
    OperationShape,
    ProblemShape,
    WorkerShape,
    page_of,
)

Responses = dict[Any, Any]

MEANINGS = {
    400: "The request is malformed; errors names the fields at fault",
    401: "No API key, or one that is not valid",
    403: "A known client without the right to do this",
    404: "There is no such thing, or none that this client may see",
    406: "Answers are JSON, which the Accept header rules out",
    409: "Its state does not allow it, or somebody was quicker",
    413: "The body is larger than 1 MB",
    415: "The body is not application/json",
    422: "Understood, but it cannot be done",
    429: "Too many calls for now; Retry-After says when to go on",
    503: "The database is away or overloaded; nothing was changed",
}
ALWAYS = {400, 401, 403, 406, 429, 503}
BODY = (413, 415)  # of calls that take one


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "operations.authentication.ApiKeyAuthentication"
    name = ["bearer", "apiKey"]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        return [{"bearer": []}, {"apiKey": []}]  # one or the other

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        ]


class PersonScheme(OpenApiAuthenticationExtension):
    target_class = "operations.authentication.PersonAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A person logged in",
        }


class StrictExtension(OpenApiSerializerExtension):
    """What is refused is ruled out in the description too: names that are not known, and texts of blanks alone."""

    target_class = "operations.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        described = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for name, field in self.target.fields.items():
            if isinstance(field, Text) and not field.allow_blank:
                described["properties"][name] |= {"minLength": 1, "pattern": r"\S"}
        return described | {"additionalProperties": False}


def refusals(*codes: int) -> Responses:
    """The problem documents that a call may answer, beside those that every call may."""
    return {(code, MEDIA_TYPE): OpenApiResponse(ProblemShape, MEANINGS[code]) for code in sorted(ALWAYS | {*codes})}


def header(name: str, description: str, *, answered: tuple[int, ...] = (), kind: type = str) -> OpenApiParameter:
    """A header that a client may send, or that comes with the answers of these statuses."""
    response: Any = list(answered) if answered else False
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description, response=response)


PREFER = header("Prefer", "`respond-async`: 202 at once; `wait=N`: wait N seconds, at most 300 (RFC 7240)")
KEY = header("Idempotency-Key", "The same key and body within 7 days give the same operation; another body is a 409")
LOCATION = header("Location", "Where to look for it", answered=(200, 202))
APPLIED = header("Preference-Applied", "What of Prefer was followed", answered=(200, 202))

operations_schema = extend_schema_view(
    create=extend_schema(
        summary="Ask for an operation",
        description=(
            "Waits until the operation has ended or needs a person, and answers 200; past the time that Concord or "
            "the client is willing to wait, 202 and the operation as it is."
        ),
        request=OperationRequest,
        parameters=[PREFER, KEY, LOCATION, APPLIED],
        responses={200: OperationShape, 202: OperationShape, **refusals(*BODY, 409, 422)},
    ),
    list=extend_schema(
        summary="The operations, newest first",
        parameters=[OperationFilters],
        responses={200: page_of(OperationRowShape), **refusals()},
    ),
    retrieve=extend_schema(summary="One operation", responses={200: OperationShape, **refusals(404)}),
    model_calls=extend_schema(
        summary="The model calls made for it, in order",
        responses={200: page_of(ModelCallShape), **refusals(404)},
    ),
    events=extend_schema(
        summary="What happened to it, in order", responses={200: page_of(EventShape), **refusals(404)}
    ),
    evidence=extend_schema(
        summary="Look up a part of its steps' results",
        description=(
            "What a reference leads to, a piece at a time. Texts that Concord shows to models leave out what is too "
            "long, and name the reference under which it is found here."
        ),
        parameters=[EvidenceQuery],
        responses={200: EvidenceShape, **refusals(404)},
    ),
    cancel=extend_schema(summary="Stop it", request=None, responses={200: OperationShape, **refusals(404, 409)}),
    retry=extend_schema(
        summary="Take it up where it stopped",
        description="For a failed or cancelled operation. Finished steps keep their results.",
        request=None,
        responses={200: OperationShape, **refusals(404, 409)},
    ),
    ring=extend_schema(
        summary="Ring for it",
        description=(
            "For an operation that should move and that nobody holds: a queue worker takes it up now. "
            "Takes the scope `mend`."
        ),
        request=None,
        responses={200: OperationShape, **refusals(404, 409)},
    ),
)


def workers_schema_for(creation: type, change: type, reset: type) -> Any:
    """The description of the registry; ``creation``, ``change`` and ``reset`` are what its calls take."""
    return extend_schema_view(
        list=extend_schema(summary="The workers", responses={200: page_of(WorkerShape), **refusals()}),
        retrieve=extend_schema(summary="One worker", responses={200: WorkerShape, **refusals(404)}),
        create=extend_schema(
            summary="Register a worker",
            request=creation,
            parameters=[header("Location", "Where it is", answered=(201,))],
            responses={201: WorkerShape, **refusals(*BODY, 409)},
        ),
        partial_update=extend_schema(
            summary="Move or disable a worker",
            request=change,
            responses={200: WorkerShape, **refusals(*BODY, 404)},
        ),
        reset=extend_schema(
            summary="Close its circuit",
            description=(
                "Forgets the calls that failed in a row, so that the worker is called again. A 409 where there are "
                "not as many as the body says: a call came in between. Takes the scope `mend`."
            ),
            request=reset,
            responses={200: WorkerShape, **refusals(*BODY, 404, 409)},
        ),
        destroy=extend_schema(summary="Forget a worker", responses={204: None, **refusals(404)}),
    )
