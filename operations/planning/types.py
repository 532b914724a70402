"""What each operation type takes as parameters. Checked before anything is saved, so that a mistake is told at once."""

from collections.abc import Callable
from typing import Any

from operations.planning import plan
from operations.states import OperationType
from workers.contract import InvalidParameters
from workers.florida_data import counties

Json = dict[str, Any]

FILE_TYPES = ("NAL", "SDF", "NAP")
LEVELS = ("strict", "standard", "permissive")
ROLLS = {"counties", "file_types", "source", "year", "stage", "level", "test", "plan_only"}


class BadParameters(Exception):
    """The parameters do not fit the operation type. ``field`` is the path of the one at fault."""

    def __init__(self, field: str, message: str, *, status: int = 422):
        super().__init__(message)
        self.field = field
        self.status = status


def check(operation_type: str, parameters: Json) -> None:
    """Raise `BadParameters` if an operation of this type could not be planned from ``parameters``."""
    if operation_type not in CHECKS:
        ready = ", ".join(CHECKS)
        raise BadParameters(
            "operation_type",
            f"{operation_type} operations are not available yet: their workers are still to come. "
            f"Available now: {ready}.",
        )
    _check_flag(parameters, "plan_only")
    CHECKS[operation_type](parameters)


def _check_rolls(parameters: Json) -> None:
    _only(parameters, ROLLS)
    _check_flag(parameters, "test")
    _check_counties(parameters)
    _check_file_types(parameters)
    _one_of(parameters, "level", LEVELS)
    _one_of(parameters, "stage", ("P", "F"))
    year = parameters.get("year")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool) or not 1990 <= year <= 2100):
        raise BadParameters("parameters.year", "year must be a whole number such as 2025.")
    if not isinstance(parameters.get("source", ""), str):
        raise BadParameters("parameters.source", "source must be the name of a source, or an address below one.")


def _check_counties(parameters: Json) -> None:
    asked = parameters.get("counties")
    if asked is None and parameters.get("test"):
        return
    if asked in (None, []):
        raise BadParameters(
            "parameters.counties",
            'counties is missing: a list such as ["Broward", "Duval"], or "all" for all 67.',
        )
    if asked == "all":
        return
    if not isinstance(asked, list):
        raise BadParameters("parameters.counties", 'counties must be a list such as ["Broward"], or "all".')
    for index, county in enumerate(asked):
        try:
            counties.find(county)
        except InvalidParameters as error:
            raise BadParameters(f"parameters.counties.{index}", str(error), status=400) from error


def _check_file_types(parameters: Json) -> None:
    asked = parameters.get("file_types", list(FILE_TYPES))
    if not isinstance(asked, list) or not asked:
        raise BadParameters("parameters.file_types", f"file_types must be a list of {', '.join(FILE_TYPES)}.")
    for index, file_type in enumerate(asked):
        if file_type == "NAV":
            raise BadParameters(f"parameters.file_types.{index}", "NAV files cannot be loaded yet; NAL, SDF, NAP can.")
        if file_type not in FILE_TYPES:
            raise BadParameters(
                f"parameters.file_types.{index}", f"{file_type!r} is no file type; there are {', '.join(FILE_TYPES)}."
            )


def _check_custom(parameters: Json) -> None:
    _only(parameters, {"steps", "plan_only"})
    if "steps" not in parameters:
        raise BadParameters("parameters.steps", "A custom operation needs steps: [{id, worker, action, arguments}].")
    try:
        plan.check({"steps": parameters["steps"]})
    except plan.BadPlan as error:
        raise BadParameters("parameters.steps", " ".join(error.problems[:5])) from error


def _only(parameters: Json, known: set[str]) -> None:
    if unknown := sorted(set(parameters) - known):
        names = ", ".join(sorted(known))
        raise BadParameters(f"parameters.{unknown[0]}", f"There is no parameter {unknown[0]!r}; there are {names}.")


def _check_flag(parameters: Json, name: str) -> None:
    if not isinstance(parameters.get(name, False), bool):
        raise BadParameters(f"parameters.{name}", f"{name} must be true or false.")


def _one_of(parameters: Json, name: str, allowed: tuple[str, ...]) -> None:
    value = parameters.get(name)
    if value is not None and value not in allowed:
        raise BadParameters(f"parameters.{name}", f"{name} must be one of {', '.join(allowed)}.")


CHECKS: dict[str, Callable[[Json], None]] = {
    OperationType.DATA_PIPELINE: _check_rolls,
    OperationType.DATA_VALIDATION: _check_rolls,
    OperationType.CUSTOM: _check_custom,
}
