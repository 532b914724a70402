"""What each operation type takes as parameters. Checked before anything is saved, so that a mistake is told at once."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from operations.planning import ai_inference, entity_sync, healing, performance_check, plan
from operations.states import OperationType
from workers import counties, llm
from workers.contract import InvalidParameters
from workers.sunbiz.layouts import DATASETS, FILING_TYPES

Json = dict[str, Any]

FILE_TYPES = ("NAL", "SDF", "NAP")  # what is loaded unless others are asked for
MORE_FILE_TYPES = {"NAV": ["NAVN", "NAVD"], "NAVN": ["NAVN"], "NAVD": ["NAVD"]}
LEVELS = ("strict", "standard", "permissive")
PARITY = {"left", "right", "key", "columns", "partition"}
PERFORMANCE = {
    *("checks", "thresholds", "hours", "baseline_days", "operation_type", "datasets", "counties", "year", "plan_only"),
    *PARITY,
}
SERIES = ("quarterly", "daily")
ENTITIES = {
    *("source", "datasets", "series", "filing_types", "since", "until", "level", "owners", "year", "test", "plan_only")
}
MOST_OF_A_GOAL = 2000
ROLLS = {"counties", "file_types", "source", "year", "stage", "level", "test", "plan_only"}
PIPELINE = ROLLS | {"only"}


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


def _check_pipeline(parameters: Json) -> None:
    _one_of(parameters, "only", ("gaps",))
    if parameters.get("only") and parameters.get("test"):
        raise BadParameters(
            "parameters.only", "only loads what is not loaded yet, and test loads nothing: leave one out."
        )
    _check_rolls({name: value for name, value in parameters.items() if name != "only"}, PIPELINE)


def _check_rolls(parameters: Json, known: set[str] = ROLLS) -> None:
    _only(parameters, known)
    _check_flag(parameters, "test")
    _check_counties(parameters)
    _check_file_types(parameters)
    _one_of(parameters, "level", LEVELS)
    _one_of(parameters, "stage", ("P", "F"))
    _check_year(parameters)
    _check_source(parameters)


def _check_year(parameters: Json) -> None:
    year = parameters.get("year")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool) or not 1990 <= year <= 2100):
        raise BadParameters("parameters.year", "year must be a whole number such as 2025.")


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
    known = (*FILE_TYPES, *MORE_FILE_TYPES)
    if not isinstance(asked, list) or not asked:
        raise BadParameters("parameters.file_types", f"file_types must be a list of {', '.join(known)}.")
    for index, file_type in enumerate(asked):
        if file_type not in known:
            raise BadParameters(
                f"parameters.file_types.{index}", f"{file_type!r} is no file type; there are {', '.join(known)}."
            )


def spelled_out(file_types: Sequence[str]) -> list[str]:
    """The types with ``NAV`` in its two files, each once."""
    return list(dict.fromkeys(kind for asked in file_types for kind in MORE_FILE_TYPES.get(asked, [asked])))


def _check_performance(parameters: Json) -> None:
    _only(parameters, PERFORMANCE)
    _check_checks(parameters)
    _check_sides(parameters)
    for name in ("hours", "baseline_days"):
        _check_positive(parameters, name)
    for name in ("datasets", "key", "columns"):
        _check_names(parameters, name)
    _one_of(parameters, "operation_type", tuple(OperationType.values))
    if not isinstance(parameters.get("thresholds", {}), dict):
        raise BadParameters(
            "parameters.thresholds",
            'thresholds must be an object: {"disk.free_share": {"warn": 0.2, "critical": 0.1}}.',
        )
    if parameters.get("counties"):
        _check_counties(parameters)
    _check_year(parameters)


def _check_checks(parameters: Json) -> None:
    known = ", ".join(performance_check.STEPS)
    asked = parameters.get("checks", list(performance_check.USUAL))
    if not isinstance(asked, list) or not asked:
        raise BadParameters("parameters.checks", f"checks must be a list of {known}.")
    for index, name in enumerate(asked):
        if name not in performance_check.STEPS or name in asked[:index]:
            problem = "comes twice" if name in asked[:index] else f"is no check; there are {known}"
            raise BadParameters(f"parameters.checks.{index}", f"{name!r} {problem}.")


def _check_sides(parameters: Json) -> None:
    """Two sides, each a dataset reference or a table, where parity is asked for; nothing of it where it is not."""
    wanted = "parity" in parameters.get("checks", ["parity"] if PARITY & parameters.keys() else [])
    for name in ("left", "right"):
        side = parameters.get(name)
        if wanted and not (isinstance(side, dict) and ("$dataset" in side or "table" in side)):
            raise BadParameters(
                f"parameters.{name}",
                f'{name} must be what parity compares: a dataset reference, or {{"table": "sdf_current"}}.',
            )
    if not wanted and (unused := sorted(PARITY & parameters.keys())):
        raise BadParameters(f"parameters.{unused[0]}", f'{unused[0]} is for the check "parity": add it to checks.')


def _check_positive(parameters: Json, name: str) -> None:
    value = parameters.get(name)
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool) or value <= 0):
        raise BadParameters(f"parameters.{name}", f"{name} must be a number above 0.")


def _check_names(parameters: Json, name: str) -> None:
    value = parameters.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise BadParameters(f"parameters.{name}", f"{name} must be a list of names.")


def _check_entities(parameters: Json) -> None:
    _only(parameters, ENTITIES)
    _check_flag(parameters, "test")
    _some_of(parameters, "datasets", DATASETS)
    _some_of(parameters, "series", SERIES)
    _some_of(parameters, "filing_types", FILING_TYPES)
    _one_of(parameters, "level", LEVELS)
    _one_of(parameters, "owners", tuple(entity_sync.PROPERTIES))
    _check_year(parameters)
    since, until = _day(parameters, "since"), _day(parameters, "until")
    if since and until and since > until:
        raise BadParameters("parameters.since", f"since ({since}) must not be after until ({until}).")
    _check_source(parameters)


def _check_inference(parameters: Json) -> None:
    _one_of(parameters, "task", tuple(ai_inference.TASKS))
    task = parameters.get("task", ai_inference.USUAL)
    _only(parameters, {"task", "plan_only", *ai_inference.TASKS[task].known})
    if missing := [name for name in ai_inference.TASKS[task].needs if not parameters.get(name)]:
        raise BadParameters(f"parameters.{missing[0]}", f"The task {task} needs {ai_inference.WORDS[missing[0]]}.")
    for name in ("rules", "restore", "rows", "training", "series"):
        if name in parameters and not isinstance(parameters[name], list if name == "rules" else dict):
            raise BadParameters(f"parameters.{name}", f"{name} must be {ai_inference.WORDS[name]}.")
    _one_of(parameters, "roll", ("NAL", "SDF"))
    _some_of(parameters, "remedies", healing.REMEDIES)
    _check_days(parameters, "stale_after_days")
    _check_question(parameters)
    _check_flag(parameters, "dry_run")
    for name in ("hours", "baseline_days"):
        _check_positive(parameters, name)
    for name in ("threshold", "doubt_above"):
        _check_probability(parameters, name)
    if parameters.get("counties"):
        _check_counties(parameters)


def _check_question(parameters: Json) -> None:
    question, limit = parameters.get("question", "how many?"), parameters.get("limit", 1)
    if not isinstance(question, str) or not 3 <= len(question) <= 1000:
        raise BadParameters("parameters.question", f"question must be {ai_inference.WORDS['question']}.")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 100:
        raise BadParameters("parameters.limit", "limit must be a whole number from 1 to 100.")


def _check_days(parameters: Json, name: str) -> None:
    value = parameters.get(name, 1)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= healing.MOST_DAYS:
        raise BadParameters(f"parameters.{name}", f"{name} must be a whole number from 1 to {healing.MOST_DAYS}.")


def _check_probability(parameters: Json, name: str) -> None:
    value = parameters.get(name, 0.5)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1:
        raise BadParameters(f"parameters.{name}", f"{name} must be a number between 0 and 1.")


def _check_custom(parameters: Json) -> None:
    _only(parameters, {"steps", "goal", "plan_only"})
    if "goal" in parameters:
        _check_goal(parameters)
        return
    if "steps" not in parameters:
        raise BadParameters(
            "parameters.steps",
            "A custom operation needs steps: [{id, worker, action, arguments}]; or a goal in words, to be planned.",
        )
    try:
        plan.check({"steps": parameters["steps"]})
    except plan.BadPlan as error:
        raise BadParameters("parameters.steps", " ".join(error.problems[:5])) from error


def _check_goal(parameters: Json) -> None:
    goal = parameters["goal"]
    if "steps" in parameters:
        raise BadParameters("parameters.goal", "Either steps or a goal: the steps are a plan already.")
    if not isinstance(goal, str) or not goal.strip() or len(goal) > MOST_OF_A_GOAL:
        raise BadParameters("parameters.goal", f"goal must say what is wanted, in at most {MOST_OF_A_GOAL} characters.")
    if not llm.configured():
        raise BadParameters(
            "parameters.goal",
            "A goal in words needs a language model, and none is configured here: set OPENAI_API_KEY or "
            "OPENAI_BASE_URL, or send steps instead.",
        )


def _only(parameters: Json, known: set[str]) -> None:
    if unknown := sorted(set(parameters) - known):
        names = ", ".join(sorted(known))
        raise BadParameters(f"parameters.{unknown[0]}", f"There is no parameter {unknown[0]!r}; there are {names}.")


def _check_source(parameters: Json) -> None:
    if not isinstance(parameters.get("source", ""), str):
        raise BadParameters("parameters.source", "source must be the name of a source, or an address below one.")


def _check_flag(parameters: Json, name: str) -> None:
    if not isinstance(parameters.get(name, False), bool):
        raise BadParameters(f"parameters.{name}", f"{name} must be true or false.")


def _one_of(parameters: Json, name: str, allowed: tuple[str, ...]) -> None:
    value = parameters.get(name)
    if value is not None and value not in allowed:
        raise BadParameters(f"parameters.{name}", f"{name} must be one of {', '.join(allowed)}.")


def _some_of(parameters: Json, name: str, allowed: Sequence[str]) -> None:
    asked = parameters.get(name)
    if asked is None:
        return
    if not isinstance(asked, list) or not asked:
        raise BadParameters(f"parameters.{name}", f"{name} must be a list of {', '.join(allowed)}.")
    for index, value in enumerate(asked):
        if value not in allowed:
            raise BadParameters(f"parameters.{name}.{index}", f"{value!r} is none of {', '.join(allowed)}.")


def _day(parameters: Json, name: str) -> date | None:
    value = parameters.get(name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadParameters(f"parameters.{name}", f"{name} must be a day such as 2025-07-01.") from None


CHECKS: dict[str, Callable[[Json], None]] = {
    OperationType.DATA_PIPELINE: _check_pipeline,
    OperationType.DATA_VALIDATION: _check_rolls,
    OperationType.PERFORMANCE_CHECK: _check_performance,
    OperationType.ENTITY_SYNC: _check_entities,
    OperationType.AI_INFERENCE: _check_inference,
    OperationType.CUSTOM: _check_custom,
}
