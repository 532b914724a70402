"""The small grammar, for questions without a model. What it does not understand it refuses, and never guesses.

::

    [how many | average FIELD | total FIELD | median FIELD | highest FIELD | lowest FIELD | top N | list FIELD, FIELD]
    DATASET
    [in COUNTY | in YEAR | FIELD VALUE | FIELD over VALUE | over VALUE | FIELD between VALUE and VALUE
     | FIELD starts with "TEXT" | FIELD contains "TEXT" | without FIELD | active | single family | …]…
    [by FIELD and FIELD]

DATASET is one of parcels, sales, accounts, companies, officers, fictitious names; it may be left out where the fields
tell it. All conditions must hold; "or" joins values of one field. Numbers may have ``$``, commas, ``k`` and ``m``.
"""

from collections.abc import Iterator
from functools import cache

from rapidfuzz import fuzz, process

from workers import counties as florida
from workers.ai_ml.chat import words
from workers.ai_ml.chat.catalogue import DATASETS, EXAMPLES
from workers.ai_ml.chat.parsing import Parser
from workers.ai_ml.chat.query import Query
from workers.ai_ml.chat.reading import NotUnderstood, Reader, Unknown
from workers.ai_ml.chat.words import Token

__all__ = ["NotUnderstood", "query_of"]

# Fields that say nothing of which dataset is meant.
SHARED = frozenset({"county", "city", "zip", "owner", "name", "status", "document_number", "parcel_id", "roll_year"})


def query_of(question: str, limit: int) -> Query:
    """The query of the question. Raises `NotUnderstood`, which names what is not, the nearest word and examples."""
    tokens = words.cut(question)
    try:
        if name := _named(tokens):
            return Parser(tokens, DATASETS[name]).parse(limit)
        return _guessed(tokens, limit)
    except NotUnderstood as error:
        said = f"{error}{_hint(error.token)}" if isinstance(error, Unknown) else str(error)
        end = "" if said.endswith((".", "?")) else "."
        raise NotUnderstood(f'{said}{end} Ask for example "{EXAMPLES[0]}" or "{EXAMPLES[1]}".') from error


def _named(tokens: list[Token]) -> str | None:
    """The dataset that the question names first."""
    found = (phrase.meaning for _, phrase in _phrases(tokens) if phrase and phrase.role == "dataset")
    return next(found, None)


def _phrases(tokens: list[Token]) -> Iterator[tuple[Token, words.Phrase | None]]:
    """The question's known phrases, of any dataset, and the tokens that are neither in one nor in a county's name."""
    reader = Reader(tokens, DATASETS["parcels"])
    while reader.at < len(tokens):
        if found := words.longest(tokens, reader.at, _all_words()):
            yield reader.token, found[0]
            reader.at += found[1]
        elif not reader.county():
            yield reader.token, None
            reader.at += 1


def _guessed(tokens: list[Token], limit: int) -> Query:
    """The query of a question that names no dataset but fields of one, the first that understands all of it."""
    for dataset in DATASETS.values():
        parser = Parser(tokens, dataset)
        try:
            query = parser.parse(limit)
        except NotUnderstood:
            continue
        if parser.draft.named - SHARED:
            return query
    for token, phrase in _phrases(tokens):
        if token.kind in ("word", "other") and not phrase:
            raise Unknown(token)
    raise NotUnderstood(f"it does not say what it is about: one of {', '.join(DATASETS)}")


@cache
def _all_words() -> dict[str, words.Phrase]:
    """What every dataset knows. Of one word the dataset's own name wins."""
    known: dict[str, words.Phrase] = {}
    for name in DATASETS:
        known.update(words.vocabulary(name))
    return {**known, **words.DATASET_WORDS}


def _hint(token: Token) -> str:
    """The nearest word that would be understood; of "or" and "not", what to do instead."""
    said = token.text.lower()
    if said in ("or", "not"):
        return ": it may join values of one field, nothing else" if said == "or" else ": ask for what is wanted instead"
    near = process.extractOne(said, _spelled(), scorer=fuzz.ratio, score_cutoff=70)
    return f"; did you mean {near[0]!r}?" if near and near[0] != said else ""


@cache
def _spelled() -> tuple[str, ...]:
    """The words that mean something, as they are spelled, and the counties."""
    return tuple(sorted({*_words(), *(county.name.lower() for county in florida.COUNTIES)}))


def _words() -> Iterator[str]:
    yield from ("how many", "average", "total", "median", "highest", "lowest", "between", "starts with", "contains")
    for dataset in DATASETS.values():
        yield from (*dataset.nouns, *dataset.flags, *(field.label for field in dataset.fields))
