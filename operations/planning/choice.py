"""Who makes an operation's plan: the client, rules, or a model that plans once or before every step."""

from django.conf import settings

from operations.models import Operation, type_setting
from operations.planning import rules
from operations.states import OperationType, Planner
from workers import llm


def planner(operation: Operation) -> Planner:
    """The planner for ``operation``, by its type's setting, else by the environment.

    Steps that a client gave are its plan. Without a model there are only the rules. With one, a type plans with it
    unless its setting says ``rules``: a plan that proved itself is kept, so it costs tokens once. A goal in words has
    no rules.
    """
    if "steps" in operation.parameters and operation.operation_type == OperationType.CUSTOM:
        return Planner.CLIENT
    if not llm.configured():
        return Planner.RULES
    chosen = type_setting(operation.operation_type).planner
    if chosen and (chosen != Planner.RULES or rules.has_template(operation)):
        return Planner(chosen)
    return Planner.REWOO if settings.ENABLE_REWOO_PLANNING else Planner.REACT
