"""How much a text says about a query: Okapi BM25 over the texts at hand."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

SATURATION, LENGTH = 1.2, 0.75  # k1 and b of BM25, as they are usually set

AROUND = {-1: 0.6, -2: 0.25, 1: 0.35, 2: 0.1}  # for how well a neighbour fits


class Relevance:
    """Scores texts, given as lists of terms, against queries. Rare terms weigh more, and long texts less."""

    def __init__(self, texts: Sequence[Sequence[str]]):
        self.counts = [Counter(text) for text in texts]
        self.lengths = [len(text) for text in texts]
        self.mean = sum(self.lengths) / len(texts) if texts else 0
        holding = Counter(term for counts in self.counts for term in counts)
        total = len(texts)
        self.weights = {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in holding.items()}

    def weight(self, term: str) -> float:
        return self.weights.get(term, 0.0)

    def scores(self, query: Iterable[str]) -> list[float]:
        """The score of each text, 1 for the best; all 0 where no term occurs."""
        asked = set(query)
        raw = [self._score(asked, counts, length) for counts, length in zip(self.counts, self.lengths, strict=True)]
        return scaled(raw)

    def _score(self, asked: set[str], counts: Counter[str], length: int) -> float:
        norm = SATURATION * (1 - LENGTH + LENGTH * length / self.mean) if self.mean else 1
        found = asked & counts.keys()
        gained = (self.weights[term] * counts[term] / (counts[term] + norm) for term in sorted(found))
        return sum(gained) * (SATURATION + 1)


def scaled(scores: Sequence[float]) -> list[float]:
    """The scores, divided by the highest."""
    highest = max(scores, default=0.0)
    return [score / highest for score in scores] if highest > 0 else [0.0] * len(scores)


def around(fits: Sequence[float], place: int) -> float:
    """How well the neighbours of a place fit: an answer seldom repeats the words of its question."""
    return sum(share * fits[place + by] for by, share in AROUND.items() if 0 <= place + by < len(fits))
