"""What can be started, and what each takes: the one description behind the form and the API's document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.planning import ai_inference
from operations.starting.ai_fields import AI_INFERENCE
from operations.starting.fields import Field, Kind
from operations.starting.roll_fields import DATA_PIPELINE, DATA_VALIDATION, ENTITY_SYNC, PERFORMANCE_CHECK
from operations.states import OperationType

Json = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One way to ask for an operation of a type: the fields, and the parameters that make it this way."""

    name: str
    label: str
    fields: tuple[Field, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Offer:
    """An operation type as it is offered: what it does, what it needs, an example in words; the first way is usual."""

    type: str
    does: str
    needs: str
    example: str
    ways: tuple[Way, ...]

    @property
    def label(self) -> str:
        return str(OperationType(self.type).label)

    def way(self, name: str) -> Way:
        """The way of this name, or the usual one."""
        return next((way for way in self.ways if way.name == name), self.ways[0])

    def way_of(self, parameters: Json) -> Way:
        """The way in which ``parameters`` were asked for."""
        if self.type == OperationType.AI_INFERENCE:
            return self.way(parameters.get("task") or ai_inference.USUAL)
        return next((way for way in self.ways if way.name in parameters), self.ways[0])


def _only(fields: tuple[Field, ...]) -> tuple[Way, ...]:
    return (Way("", "", fields),)


CUSTOM = (
    Way(
        "goal",
        "A goal in words",
        (
            Field(
                "goal",
                "Goal",
                Kind.PROSE,
                "What is wanted, in at most 2000 characters. A language model plans it.",
                required=True,
                example="Compare the sales of Duval on the last two rolls and say what changed most",
            ),
        ),
    ),
    Way(
        "steps",
        "Steps of your own",
        (
            Field(
                "steps",
                "Steps",
                Kind.JSON,
                "A list of steps as JSON: id, worker, action, arguments. #E1 stands for what step E1 brings.",
                required=True,
                example='[{"id": "E1", "worker": "performance", "action": "monitor_health"}]',
            ),
        ),
    ),
)

OFFERS: dict[str, Offer] = {
    offer.type: offer
    for offer in (
        Offer(
            OperationType.DATA_PIPELINE,
            "Fetches tax rolls, checks them, and loads them into the warehouse.",
            "Which counties, or all 67.",
            "the newest parcels and sales of Broward and Duval",
            _only(DATA_PIPELINE),
        ),
        Offer(
            OperationType.DATA_VALIDATION,
            "Fetches tax rolls and checks them. Nothing is loaded.",
            "Which counties, or all 67.",
            "is the preliminary roll of St. Johns fit to be loaded?",
            _only(DATA_VALIDATION),
        ),
        Offer(
            OperationType.ENTITY_SYNC,
            "Brings the businesses of the Division of Corporations up to date.",
            "Nothing; a trial run reads generated data and writes nothing.",
            "yesterday's filings, and which parcels their companies own",
            _only(ENTITY_SYNC),
        ),
        Offer(
            OperationType.PERFORMANCE_CHECK,
            "Looks at the health, the speed and the completeness of this installation.",
            "Nothing.",
            "what has become slower in the last 24 hours?",
            _only(PERFORMANCE_CHECK),
        ),
        Offer(
            OperationType.AI_INFERENCE,
            "Answers questions about the data, assigns missing use codes, looks for trouble and mends it.",
            "A question, or one of its tasks.",
            "how many parcels of Duval changed hands in 2024?",
            tuple(Way(name, label, fields, {"task": name}) for name, label, fields in AI_INFERENCE),
        ),
        Offer(
            OperationType.CUSTOM,
            "Does what no other type does: your own goal, or your own steps.",
            "A goal in words and a language model, or steps as JSON.",
            "compare two rolls and say what changed",
            CUSTOM,
        ),
    )
}

PLAN_ONLY = Field("plan_only", "Only make the plan", Kind.FLAG, "It ends with the plan as its result; nothing runs.")

# What every operation takes beside its parameters.
GENERAL = (
    Field("priority", "Priority", Kind.WHOLE, "1 to 10; 10 is most urgent.", default=5),
    Field("timeout_seconds", "Time limit in seconds", Kind.WHOLE, "Not counting the time that people take."),
    Field(
        "require_validation",
        "Validate the result",
        Kind.FLAG,
        "A broken rule or low confidence goes to a person.",
        default=True,
    ),
    Field(
        "metadata", "Notes", Kind.PAIRS, "name=value, one a line; they stay with the operation.", example="ticket=4711"
    ),
)
