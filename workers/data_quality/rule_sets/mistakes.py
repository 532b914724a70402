"""What is wrong with a rule, told by file, rule and field."""

from typing import NamedTuple

from pydantic import ValidationError

MOST = 20


class Mistake(NamedTuple):
    """One thing that is wrong. ``rule`` and ``field`` are empty where a whole file or rule is meant."""

    file: str
    rule: str
    field: str
    problem: str
    dataset: str = ""

    def __str__(self) -> str:
        where = ", ".join(
            [self.file, *([f"rule {self.rule}"] if self.rule else []), *([self.field] if self.field else [])]
        )
        return f"{where}: {self.problem}"


class Unusable(Exception):
    """Rules that cannot be used, with every mistake in them."""

    def __init__(self, mistakes: list[Mistake]):
        super().__init__("; ".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class Unfit(ValueError):
    """A rule that does not fit the data: the field of the rule, and what is wrong with it."""

    def __init__(self, field: str, problem: str):
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def explained(error: ValidationError, file: str, rule: str, dataset: str) -> list[Mistake]:
    """The first mistakes that a model found in a rule, one for each field: what fits no type fits none of several."""
    said: dict[str, list[str]] = {}
    for one in error.errors(include_url=False):
        said.setdefault(_path(one["loc"]), []).append(one["msg"].removeprefix("Value error, "))
    return [Mistake(file, rule, path, "; or: ".join(words), dataset) for path, words in list(said.items())[:MOST]]


def _path(location: tuple[int | str, ...]) -> str:
    """The field as it is written in the file: a check's kind, and the types that were tried, do not stand there."""
    kept = [part for index, part in enumerate(location) if not (index == 1 and location[0] == "check")]
    return ".".join(str(part) for part in kept if not _is_type(part))


def _is_type(part: int | str) -> bool:
    return isinstance(part, str) and (
        part.removeprefix("constrained-") in {"str", "int", "float", "bool"} or "[" in part
    )
