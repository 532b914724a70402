"""What a caller of the API may do, and the name under which history knows him."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from operations.models import Anyone, ApiKey, is_reviewer


def is_client(caller: Any) -> bool:
    """Is this a program (with a key or, where that is allowed, without one), and not a person?"""
    return isinstance(caller, ApiKey | Anyone)


def client_of(request: Request) -> ApiKey | None:
    """The key that an operation made by this request belongs to, if there is one."""
    caller: Any = request.user
    return caller if isinstance(caller, ApiKey) else None


def name_of(caller: Any) -> str:
    """The caller in the words of an operation's history."""
    return caller.name if is_client(caller) else caller.get_username()


class MayCall(BasePermission):
    """Clients, and the people who work with the console."""

    message = "Your account has no part in operations. Ask an administrator to make you a reviewer."

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: Any = request.user
        return is_client(caller) or (caller.is_authenticated and (caller.is_staff or is_reviewer(caller)))


class MayDecide(BasePermission):
    """Whoever may see an escalation may read it; to act on it takes the scope `decide` or the permission."""

    message = 'Deciding takes a key with the scope "decide", or the permission to decide escalations.'

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return True
        caller: Any = request.user
        return caller.may("decide") if is_client(caller) else is_reviewer(caller)


class MayAdminister(BasePermission):
    """Everybody may read the registry; to change it takes the scope `admin` or a superuser."""

    message = 'Changing the registry takes a key with the scope "admin", or a superuser.'

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return True
        caller: Any = request.user
        return caller.may("admin") if is_client(caller) else caller.is_superuser


class MayMend(BasePermission):
    """Whoever may mend, rings for what is stuck and closes circuits: clients with the scope `mend`, and reviewers."""

    message = 'Mending takes a key with the scope "mend", or the permission to decide escalations.'

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: Any = request.user
        return caller.may("mend") if is_client(caller) else is_reviewer(caller)


class MayReadAll(BasePermission):
    """What is told of the whole installation is for clients who may see all of it, and for people."""

    message = 'This takes a key with the scope "read_all".'

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: Any = request.user
        return not is_client(caller) or caller.may("read_all")
