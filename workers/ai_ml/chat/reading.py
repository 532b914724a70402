"""Reads the values that a question gives for a field: one, or several of which any may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workers import counties as florida
from workers.ai_ml.chat import words
from workers.ai_ml.chat.fields import NUMBERS, Dataset, Field
from workers.ai_ml.chat.values import Single
from workers.ai_ml.chat.words import Phrase, Token

LONGEST_COUNTY = 4  # words: the longest name with "County"
STOP_ROLES = frozenset({"operator", "between", "in", "by", "and", "without"})
STOP_WORDS = frozenset({"with", "whose", "where", "that", "which", "having", "or"})


class NotUnderstood(Exception):
    """The question is not one of the grammar's; the text says what of it."""


class Unknown(NotUnderstood):
    """A word that means nothing here."""

    def __init__(self, token: Token):
        super().__init__(f"{token.text[:40]!r} is not understood")
        self.token = token


@dataclass
class Reader:
    """The tokens of a question, and how far they have been read."""

    tokens: list[Token]
    dataset: Dataset
    at: int = 0
    known: Mapping[str, Phrase] = field(init=False)
    shouts: bool = field(init=False)  # capitals say nothing where all is in capitals

    def __post_init__(self) -> None:
        self.known = words.vocabulary(self.dataset.name)
        self.shouts = not any(token.text.islower() for token in self.tokens)

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self) -> tuple[Phrase, int] | None:
        """The known phrase that comes next, and its number of tokens."""
        return words.longest(self.tokens, self.at, self.known)

    def skip(self, *roles: str) -> None:
        """Pass over phrases of these roles."""
        while (found := self.peek()) and found[0].role in roles:
            if self.token.text == "A" and not self.shouts:  # a code, such as a status
                return
            self.at += found[1]

    def values(self, of: Field) -> list[Single]:
        """The values that come next, joined by "or", and by "and" or commas where those cannot be part of one."""
        found = []
        while (value := self._value(of)) is not None:
            found.append(value)
            before = self.at
            joins = ("or",) if of.kind == "text" else ("or", "and", ",")
            if self.token.text.lower() not in joins:
                break
            self.at += 2 if self.token.text == "," and self.tokens[self.at + 1].text.lower() in ("and", "or") else 1
            if self._ahead(of) is None:
                self.at = before
                break
        return found

    def _ahead(self, of: Field) -> Single | None:
        """The next value, without reading it."""
        before = self.at
        value = self._value(of)
        self.at = before
        return value

    def _value(self, of: Field) -> Single | None:
        if of.name == "county" and (county := self.county()):
            return county
        if of.kind in ("text", "code"):
            return self._text() if of.kind == "text" else self._code()
        token = self.token
        is_day = of.kind == "date" and token.kind == "day"
        is_number = token.kind == "number" and (token.is_plain or of.kind in NUMBERS)
        if of.kind == "county" or not (is_day or is_number):
            return None
        self.at += 1
        return token.text if is_day else token.number

    def county(self) -> str | None:
        """The name of the county that comes next, by its name or its number."""
        for count in range(LONGEST_COUNTY, 0, -1):
            part = self.tokens[self.at : self.at + count]
            if all(token.kind == "word" or (count == 1 and token.is_plain) for token in part):
                try:
                    found = florida.find(" ".join(token.text for token in part))
                except florida.UnknownCounty:
                    continue
                self.at += len(part)
                return found.name
        return None

    def _code(self) -> str | None:
        """A code: quoted, a number as it stands, in capitals, or a word that means nothing else."""
        token = self.token
        is_free = token.text.lower() not in STOP_WORDS and self.peek() is None
        is_word = token.kind == "word" and (self._in_capitals(token) or is_free)
        if token.kind != "text" and not token.is_plain and not is_word:
            return None
        self.at += 1
        return token.text

    def _text(self) -> str | None:
        """A text: quoted, or the words up to one that goes on with the question."""
        if self.token.kind == "text":
            self.at += 1
            return self.tokens[self.at - 1].text
        said: list[str] = []
        while self.token.kind in ("word", "number") and not self._goes_on(said):
            said.append(self.token.text)
            self.at += 1
        return " ".join(said) or None

    def _goes_on(self, said: list[str]) -> bool:
        """Whether this word is no part of the text. Raises `NotUnderstood` where it may be or not."""
        token, found = self.token, self.peek()
        if self._in_capitals(token):
            return False
        if token.text.lower() in STOP_WORDS or (found and found[0].role in STOP_ROLES):
            return True
        if found and said and token.text.islower():
            raise NotUnderstood(f'it is not clear where the text ends; put it in quotes: "{" ".join(said)[:40]}"')
        return found is not None and not said and token.text.islower()

    def _in_capitals(self, token: Token) -> bool:
        return token.kind == "word" and token.text.isupper() and not self.shouts
