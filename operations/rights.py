"""Who may do what: the one place that says which scope a key needs for it, and which permission a person.

The API, the console, the sockets and the admin all ask here; what stands nowhere here is nobody's.
"""

from dataclasses import dataclass
from typing import Any

from operations.states import OperationType

ANY_KEY = "*"  # in place of a scope: every key that is in force
TYPES = [str(value) for value in OperationType.values]
STARTS = tuple(f"start:{name}" for name in TYPES)


def start_permission(operation_type: str) -> str:
    return f"operations.start_{operation_type}"


START_ANY = tuple(start_permission(name) for name in TYPES)
SEES_ALL = ("operations.view_operation", "escalations.decide_escalation")


@dataclass(frozen=True)
class Right:
    """Something that takes one of ``scopes`` from a key, and one of ``permissions`` from a person."""

    does: str  # the beginning of a sentence: "Starting an operation"
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]
    as_person: str = ""  # what a person needs, in words; by default the permission's name

    def is_of(self, caller: Any) -> bool:
        """Does ``caller`` (a key, a person, or nobody) have it?"""
        if is_client(caller):
            return ANY_KEY in self.scopes or any(caller.may(scope) for scope in self.scopes)
        active = bool(getattr(caller, "is_active", False))
        return active and any(caller.has_perm(permission) for permission in self.permissions)

    def missing(self, caller: Any) -> str:
        """What to tell ``caller``, who does not have it."""
        if is_client(caller):
            named = " or ".join(f'"{scope}"' for scope in self.scopes) or "that no key can have"
            return f"{self.does} takes a key with the scope {named}."
        needed = self.as_person or f"the permission {self.permissions[0]}"
        return f"{self.does} takes {needed}. Ask an administrator."


def is_client(caller: Any) -> bool:
    """Is this a program (with a key or, where that is allowed, without one), and not a person?"""
    return bool(getattr(caller, "is_client", False))


USE = Right(
    "Using Concord",
    (ANY_KEY,),
    (*SEES_ALL, *START_ANY, "audit.view_entry"),
    "a role: operator, reviewer, auditor or administrator",
)
SEE_ALL = Right("Seeing the operations of all", ("read_all",), SEES_ALL, "the role of a reviewer or auditor")
SEE_QUESTIONS = Right("Seeing all that waits for people", ("read_all", "decide"), SEES_ALL, SEE_ALL.as_person)
START = Right("Starting operations", ("start", *STARTS), START_ANY, "the permission to start operations of some type")
DECIDE = Right(
    "Deciding", ("decide",), ("escalations.decide_escalation",), "the permission to decide escalations (reviewers)"
)
TALK = Right("Commenting", DECIDE.scopes, DECIDE.permissions, DECIDE.as_person)
ACT_ON_ALL = Right("Acting on the operations of others", DECIDE.scopes, DECIDE.permissions, DECIDE.as_person)
MEND = Right("Mending", ("mend",), DECIDE.permissions, DECIDE.as_person)
SCRAPE = Right("Reading the metrics", ("metrics", "read_all"), SEES_ALL, SEE_ALL.as_person)
ADMINISTER = Right(
    "Changing the registry of workers",
    ("admin",),
    ("workers.change_registeredworker",),
    "the role of an administrator",
)
AUDIT = Right("Reading the audit trail", ("audit",), ("audit.view_entry",), "the role of an auditor")
APPROVE_WRITING = Right("Deciding about steps that write", DECIDE.scopes, ("escalations.approve_writing",))
APPROVE_DESTRUCTIVE = Right("Deciding about destructive steps", DECIDE.scopes, ("escalations.approve_destructive",))
SEE_DATA = Right("Looking at the property data", (), ("workers.view_release",))
SEE_OWNERS = Right("Seeing owners", (), ("workers.see_owners",))
WITHDRAW = Right("Withdrawing releases", (), ("workers.withdraw_release",))
# The admin's door. Each of its pages asks for Django's permission for the model and the act besides.
MANAGE = Right(
    "Opening the admin",
    (),
    ("operations.change_apikey", "auth.change_user", "operations.change_typesetting", *ADMINISTER.permissions),
    "the role of an administrator",
)


def starting(operation_type: str) -> Right:
    """The right to start operations of one type."""
    scopes = ("start", f"start:{operation_type}")
    permission = start_permission(operation_type)
    return Right(f"Starting operations of the type {operation_type}", scopes, (permission,))


def acting_on(operation: Any, caller: Any) -> Right:
    """The right to stop ``operation`` or to take it up again: for whoever may start such, on his own alone."""
    return starting(operation.operation_type) if operation.is_of(caller) else ACT_ON_ALL
