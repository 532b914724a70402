"""The roles of people, as Django groups with explicit permissions. Who may do what with them is in operations.rights.

The migration `escalations.0010_roles` made them; what an administrator changes about a group afterwards stays.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from operations.rights import START_ANY

OPERATOR, REVIEWER, AUDITOR, ADMINISTRATOR = "operator", "reviewer", "auditor", "administrator"

_LOOK_AROUND = ("workers.view_release", "workers.view_registeredworker")
_RECORDS = (
    *("operations.view_operation", "operations.view_step", "operations.view_event", "operations.view_modelcall"),
    *("operations.view_plancache", "operations.view_typesetting", "operations.view_apikey"),
    *("escalations.view_escalation", "escalations.view_decision", "escalations.view_comment"),
    *("workers.view_qualityrule", *_LOOK_AROUND, "audit.view_entry"),
)
_DECIDE = (
    *("operations.view_operation", "escalations.decide_escalation"),
    *("escalations.approve_writing", "escalations.approve_destructive"),
    *("workers.withdraw_release", "workers.see_owners"),
)
_MANAGE = (
    *("operations.add_apikey", "operations.change_apikey"),
    *("operations.add_typesetting", "operations.change_typesetting", "operations.delete_typesetting"),
    *("workers.add_registeredworker", "workers.change_registeredworker", "workers.delete_registeredworker"),
    *("workers.add_qualityrule", "workers.change_qualityrule", "operations.delete_plancache"),
    *("auth.add_user", "auth.change_user", "auth.view_user", "auth.view_group", "escalations.view_notice"),
)

ROLES: dict[str, tuple[str, ...]] = {
    OPERATOR: (*START_ANY, *_LOOK_AROUND),
    REVIEWER: (*START_ANY, *_LOOK_AROUND, *_DECIDE),
    AUDITOR: _RECORDS,
    ADMINISTRATOR: tuple(dict.fromkeys((*START_ANY, *_DECIDE, *_RECORDS, *_MANAGE))),
}


def role(name: str) -> Group:
    """The group of this role. One that is missing is made anew, with its permissions."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        group.permissions.set(permissions(ROLES[name]))
    return group


def permissions(names: tuple[str, ...]) -> list[Permission]:
    """The permissions of these names, such as "operations.view_operation"."""
    wanted = Q(pk__in=[])
    for name in names:
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return list(Permission.objects.filter(wanted))
