"""The words of a question: cut into tokens, and looked up in what a dataset's vocabulary knows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from workers.ai_ml.chat.catalogue import DATASETS
from workers.ai_ml.chat.fields import Dataset

# What a phrase does in a question.
Role = Literal[
    "dataset", "field", "flag", "figure", "top", "operator", "between", "in", "by", "and", "without", "filler"
]

LONGEST_PHRASE = 6  # words
BEYOND = 1e18  # what is larger compares alike with all columns
_SUFFIXES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mm": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_TOKENS = re.compile(
    r"""
    (?P<text>"[^"]*"|“[^”]*”)
    | (?P<day>\d{4}-\d{2}-\d{2}(?![\w-]))
    | (?P<number>(?P<dollar>\$\s?)?(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?
        (?:\s?(?P<suffix>k|thousand|mm|m|million|b|billion))?(?![\w-]))
    | (?P<word>\w[\w&'\u2019./-]*)
    | (?P<sign>>=|<=|[><=,])
    | (?P<other>\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Token:
    """A word as it stands in the question, with its kind; ``number`` is the value where it is one."""

    kind: Literal["text", "day", "number", "word", "sign", "other", "end"]
    text: str
    number: int | float = 0

    @property
    def is_plain(self) -> bool:
        """A number that may be a year, or how many rows to show: digits and nothing else."""
        return self.kind == "number" and self.text.isdecimal()


@dataclass(frozen=True)
class Phrase:
    """What known words mean: their role, and what goes with it."""

    role: Role
    meaning: Any = None


def cut(question: str) -> list[Token]:
    """The question's tokens, and one for its end."""
    found = [_token(match) for match in _TOKENS.finditer(question.strip().rstrip("?!. "))]
    return [*found, Token("end", "")]


def _token(match: re.Match[str]) -> Token:
    kind: Any = match.lastgroup if match["number"] is None else "number"
    text = match[0]
    if kind == "text":
        return Token(kind, text[1:-1].strip())
    if kind != "number":
        return Token(kind, text)
    value = float(match["digits"].replace(",", "") + (match["fraction"] or ""))
    value = min(round(value * _SUFFIXES.get((match["suffix"] or "").lower(), 1), 6), BEYOND)
    return Token(kind, text, int(value) if value == int(value) else value)


def folded(words: str) -> str:
    """The words as they are looked up: small, and singular where an s or ies makes a plural."""
    return " ".join(_singular(word) for word in words.lower().replace("_", " ").replace("\u2019", "'").split())


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _all(role: Role, **meanings: str) -> dict[str, Phrase]:
    return {words: Phrase(role, meaning) for meaning, all_of_it in meanings.items() for words in all_of_it.split("|")}


COMMON: Mapping[str, Phrase] = {
    folded(words): phrase
    for words, phrase in {
        **_all(
            "figure",
            count="how many|number of|count of|count",
            avg="average|mean|avg",
            sum="total|sum of|sum|how much",
            median="median",
            max="highest|maximum|max|greatest",
            min="lowest|minimum|min|least",
        ),
        **_all(
            "top",
            descending="top|largest|biggest|most expensive|most valuable",
            ascending="bottom|smallest|cheapest|least expensive|least valuable",
            newest="newest|latest|most recent",
            oldest="oldest|earliest",
        ),
        **_all(
            "operator",
            above="over|above|more than|greater than|higher than|larger than|exceeding|after|>",
            at_least="at least|no less than|since|from|>=",
            below="under|below|less than|lower than|smaller than|cheaper than|before|<",
            at_most="at most|no more than|up to|until|<=",
            equals="equals|equal to|is|are|was|exactly|=",
            not_equals="is not|are not|other than",
            starts_with="starts with|start with|starting with|begins with|begin with|beginning with",
            contains="contains|contain|containing|includes|including",
            is_blank="is blank|is empty|is missing|is unknown",
        ),
        "between": Phrase("between"),
        **dict.fromkeys(("in", "within", "during"), Phrase("in")),
        **dict.fromkeys(("by", "per", "for each", "in each", "grouped by", "group by", "ordered by"), Phrase("by")),
        **dict.fromkeys(("and", "&", ","), Phrase("and")),
        **dict.fromkeys(("without", "without a", "lacking", "missing"), Phrase("without")),
        **_all(
            "filler",
            filler="a|an|the|of|for|to|all|any|there|do|does|did|we|i|have|has|had|with|whose|where|that|which|what|"
            "what is|who|give|show|list|tell|find|get|me|us|please|number|at|on|been|were|being|having|each|in florida|"
            "in the state|statewide|currently|now|fl|florida|exist|located|lie",
        ),
    }.items()
}
# These say what happened; without a day or a year after them they say nothing more.
VERBS = frozenset({"sold", "built", "formed", "registered", "assessed", "filed", "worth", "named", "called", "owned"})


@cache
def vocabulary(name: str) -> Mapping[str, Phrase]:
    """All that a question about this dataset may say, folded. Of two meanings the dataset's own field wins."""
    dataset = DATASETS[name]
    flags = {folded(words): Phrase("flag", meaning) for words, meaning in dataset.flags.items()}
    return {**COMMON, **DATASET_WORDS, **flags, **dict(_field_words(dataset))}


def _field_words(dataset: Dataset) -> Iterator[tuple[str, Phrase]]:
    for field in dataset.fields:
        for words in (field.label, *filter(None, field.words.split("|"))):
            yield folded(words), Phrase("field", field.name)


DATASET_WORDS: Mapping[str, Phrase] = {
    folded(words): Phrase("dataset", dataset.name)
    for dataset in DATASETS.values()
    for words in (dataset.nouns[0], *filter(None, dataset.words.split("|")))
}


def longest(tokens: list[Token], at: int, known: Mapping[str, Phrase]) -> tuple[Phrase, int] | None:
    """The longest known phrase that begins at this token, and how many tokens it has."""
    for count in range(LONGEST_PHRASE, 0, -1):
        part = tokens[at : at + count]
        if len(part) < count or any(token.kind not in ("word", "sign") for token in part):
            continue
        if phrase := known.get(folded(" ".join(token.text for token in part))):
            return phrase, count
    return None
