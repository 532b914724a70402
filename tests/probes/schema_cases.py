"""Cases that schemathesis makes of the OpenAPI document, sent to a running Concord, and what came of them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema

Json = dict[str, Any]

PHASES = ("examples", "coverage", "fuzzing", "stateful")
# What a JSON Schema cannot say is told by these: that a county is none, that a time is before another, that nobody
# has a name. A 500 in their place is found by the other checks.
REFUSALS = ["2xx", "401", "403", "404", "409", "413", "422", "400"]


@dataclass
class Outcome:
    """How many cases were sent, what they were answered, and what was wrong."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)  # by call and kind, the first one's words
    errors: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        statuses = {str(status): count for status, count in sorted(self.statuses.items())}
        return {"cases": self.cases, "statuses": statuses, "failures": self.failures, "errors": self.errors}


def run(url: str, key: str, *, examples: int, seed: int) -> Outcome:
    """Send at most ``examples`` made-up cases per call and phase, beside the systematic ones. The same by ``seed``."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "base-url": url,
            "continue-on-failure": True,
            "headers": {"Authorization": f"Bearer {key}", "Prefer": "respond-async"},
            "checks": {"positive_data_acceptance": {"expected-statuses": REFUSALS}},
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "request-timeout": 15,
            "warnings": False,
            "cache": {"enabled": False},
            "suppress-health-check": ["all"],
        }
    )
    document = schemathesis.openapi.from_url(f"{url}/schema", config=config)
    outcome = Outcome()
    for event in from_schema(document).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(outcome, event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            outcome.errors.append(f"{getattr(event, 'label', '')}: {getattr(event, 'info', event)}")
    return outcome


def _count(outcome: Outcome, scenario: events.ScenarioFinished) -> None:
    recorded = scenario.recorder
    outcome.cases += len(recorded.interactions)
    for interaction in recorded.interactions.values():
        outcome.statuses[interaction.response.status_code if interaction.response else 0] += 1
    for checks in recorded.checks.values():
        for check in checks:
            if check.failure_info:
                failure = check.failure_info
                words = f"{failure.failure.message}\n{failure.code_sample}"
                outcome.failures.setdefault(f"{scenario.label} {check.name}", words)
