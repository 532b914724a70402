"""What a caller of the API may do, and the name under which history knows him."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from operations import rights
from operations.models import ApiKey
from operations.rights import Right, is_client


def client_of(request: Request) -> ApiKey | None:
    """The key that an operation made by this request belongs to, if there is one."""
    caller: Any = request.user
    return caller if isinstance(caller, ApiKey) else None


def person_of(request: Request) -> Any:
    """The person that an operation made by this request belongs to, if there is one."""
    return None if is_client(request.user) else request.user


def name_of(caller: Any) -> str:
    """The caller in the words of an operation's history."""
    return caller.name if is_client(caller) else caller.get_username()


def check(request: Request, right: Right) -> None:
    """Go on if the caller has the right; else answer 403, with what is lacking."""
    if not right.is_of(request.user):
        raise PermissionDenied(right.missing(request.user))


class Takes(BasePermission):
    """Lets in who has a right, and tells others what they lack. Strangers are told to show a key."""

    right = rights.USE
    also_reading = True

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS and not self.also_reading:
            return True
        self.message = self.right.missing(request.user)
        return self.right.is_of(request.user)


class MayCall(Takes):
    """Clients, and people with a role."""


def takes(right: Right, *, to_change: bool = False) -> list[type[BasePermission]]:
    """The permission classes of a view that asks for ``right``; with ``to_change`` not for reading."""
    return [MayCall, type("Takes", (Takes,), {"right": right, "also_reading": not to_change})]
