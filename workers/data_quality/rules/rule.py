"""What a rule is: a check with its name, its weight, and the sentence it comes from."""

from dataclasses import dataclass
from typing import Literal

from workers.data_quality.rules.checks import Check

Severity = Literal["error", "warning", "info"]

BUILT_IN, EDITION = "built-in", "2025"  # of the state's guide


@dataclass(frozen=True)
class Rule:
    """A rule of one type of data: its level as the state counts them, and the stages of the rolls that it is for.

    ``source`` and ``version`` say where it comes from; ``key`` names the rows in its examples, if the type does not.
    """

    id: str
    level: Literal[1, 2, 3, 4]
    severity: Severity
    basis: str
    check: Check
    stages: str = "SPF"
    source: str = BUILT_IN
    version: str = EDITION
    key: tuple[str, ...] = ()
