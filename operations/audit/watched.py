"""Which models are watched, and which of their fields. A change of these is an entry, whoever makes it and where."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


def is_newly_hashed(row: Any, update_fields: Iterable[str] | None) -> bool:
    """Is it the same password, hashed in a newer way at a log-in?"""
    return update_fields is not None and set(update_fields) == {"password"} and row._password is None


@dataclass(frozen=True)
class Watched:
    """A model's word in actions, the fields kept by value, and those of which only is said that they changed.

    A save of which ``changes_nothing`` (the row, its `update_fields`) is true is not recorded.
    """

    word: str
    shown: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    changes_nothing: Callable[[Any, Iterable[str] | None], bool] = lambda row, update_fields: False

    @property
    def fields(self) -> tuple[str, ...]:
        return self.shown + self.hidden


# By app and model. A field that a model does not have is no mistake: then it is not watched.
MODELS = {
    "auth.user": Watched(
        "account",
        ("is_active", "is_staff", "is_superuser"),
        ("username", "email", "first_name", "last_name", "password"),
        is_newly_hashed,
    ),
    "auth.group": Watched("group", ("name",)),
    "operations.apikey": Watched("key", ("scopes", "expires_at", "revoked_at"), ("name", "digest")),
    "operations.typesetting": Watched(
        "type_setting",
        (
            "confidence_threshold",
            "planner",
            "token_budget_planning",
            "token_budget_stepping",
            "token_budget_context",
            "token_budget_execution",
            "token_budget_validation",
            "show_plan",
            "judge",
            "two_approvals",
        ),
    ),
    "workers.registeredworker": Watched("worker", ("url", "enabled")),
}
# Rights that are given and taken: who has them, the field, and the word in actions.
MEMBERSHIPS = (
    ("auth.user", "groups", "account.groups"),
    ("auth.user", "user_permissions", "account.permissions"),
    ("auth.group", "permissions", "group.permissions"),
)
