"""The API as people with a session see it: what tells of persons is masked, or its being read is recorded.

Programs have a key of their own and see what came of their own operations.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.masking import recording
from operations.masking.hiding import hidden, tells
from operations.masking.sight import Sight, looking

NO_LIMIT = 10**9  # a program reads all of an answer


class MaskedForPeople:
    """For views whose answers hold what operations were asked for, and what they found."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        caller: Any = request.user
        if not rights.is_client(caller) and caller.is_authenticated and isinstance(response.data, dict):
            response.data = self._for_person(caller, response.data, kwargs.get("pk", ""))
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]

    def know(self, pk: str) -> None:
        """Know what is personal about the row whose answer this is: its texts may quote it."""
        raise NotImplementedError

    def _for_person(self, person: Any, data: dict[str, Any], pk: str) -> dict[str, Any]:
        kind = type(self).__name__.removesuffix("ViewSet").lower()
        eyes = Sight(target=(kind, pk) if pk else ("page", f"api:{kind}s"), operation=pk if kind == "operation" else "")
        with looking(eyes):
            if pk:
                self.know(pk)
            return _answer(person, data, eyes)


def _answer(person: Any, data: dict[str, Any], eyes: Sight) -> dict[str, Any]:
    named = _named(data)
    if not rights.SEE_OWNERS.is_of(person):
        return _unnamed(data, hidden(named, limit=NO_LIMIT))
    if tells(named, seen=eyes.seen) and not recording.noted_lately(recording.READ, eyes):
        recording.note(recording.READ, eyes)
    return data


def _named(data: dict[str, Any]) -> dict[str, Any]:
    """A piece of evidence is a value of the field that its reference ends with."""
    return data | {"value": {_last(data["ref"]): data["value"]}} if "ref" in data and "value" in data else data


def _unnamed(data: dict[str, Any], masked: dict[str, Any]) -> dict[str, Any]:
    return masked | {"value": masked["value"][_last(data["ref"])]} if "ref" in data and "value" in data else masked


def _last(reference: str) -> str:
    return next((part for part in reversed(reference.split(".")[1:]) if not part.isdecimal()), "value")
