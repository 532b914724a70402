"""Why the confidence is what it is: the signals, what each of them takes away, and which takes away most."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.masking.hiding import text
from operations.models import Operation
from operations.models.types import confidence_threshold
from operations.showing import shortened, visible
from operations.values import is_number

WORDS = 300
SIGNALS = 50


@dataclass(frozen=True)
class Doubt:
    """A signal. ``share`` of the whole weight and ``takes``, what it lowers the score by, are parts of 1."""

    name: str
    words: str
    value: float
    weight: float
    share: float
    takes: float


@dataclass(frozen=True)
class Sureness:
    """The score against its threshold, both in [0, 1], the signals by what they take, and that in a sentence."""

    score: float
    threshold: float
    doubts: list[Doubt]
    sentence: str

    @property
    def is_enough(self) -> bool:
        return self.score >= self.threshold

    @property
    def score_at(self) -> int:
        return _thousandths(self.score)

    @property
    def threshold_at(self) -> int:
        return _thousandths(self.threshold)


def sureness_of(operation: Operation) -> Sureness | None:
    """How sure Concord is of the result of ``operation``; None where it has not been judged."""
    if operation.confidence_score is None:
        return None
    threshold = confidence_threshold(operation.operation_type)
    doubts = sorted(_doubts(operation.confidence or ()), key=lambda doubt: -doubt.takes)
    return Sureness(operation.confidence_score, threshold, doubts, _sentence(operation.confidence_score, doubts))


def _doubts(signals: Iterable[Any]) -> list[Doubt]:
    given = [signal for signal in list(signals)[:SIGNALS] if isinstance(signal, Mapping)]
    weights = [_number(signal.get("weight")) for signal in given]
    whole = sum(weights) or 1
    found = []
    for signal, weight in zip(given, weights, strict=True):
        value = min(1.0, max(0.0, _number(signal.get("value"))))
        words, name = (shortened(visible(text(signal.get(key, ""))), WORDS) for key in ("words", "name"))
        found.append(Doubt(name, words, value, weight, weight / whole, (1 - value) * weight / whole))
    return found


def _sentence(score: float, doubts: list[Doubt]) -> str:
    lowering = [doubt for doubt in doubts if doubt.takes >= 0.005]
    if not lowering:
        return "Nothing lowers it." if doubts else ""
    most = lowering[0]
    lost = sum(doubt.takes for doubt in doubts) or 1
    return f"What lowers it most, by {100 * most.takes:.0f} of {100 * lost:.0f} points: {most.words}."


def _number(value: Any) -> float:
    return float(value) if is_number(value) else 0.0


def _thousandths(share: float) -> int:
    return round(1000 * min(1.0, max(0.0, share)))
