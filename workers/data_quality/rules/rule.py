"""What a rule is: a check with its name, its weight, and the sentence it comes from."""

from dataclasses import dataclass
from typing import Literal

from workers.data_quality.rules.checks import Check

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """A rule of one type of roll: its level as the state counts them, and the stages of the rolls that it is for."""

    id: str
    level: Literal[1, 2, 3, 4]
    severity: Severity
    basis: str
    check: Check
    stages: str = "SPF"
