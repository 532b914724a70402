"""The words and names of a text, as relevance sees them."""

import re
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
CAPITAL = r"[A-Z0-9À-ÖØ-Þ][\w'\u2019&.-]*+"
NAME = re.compile(rf"\b{CAPITAL}(?:\s+(?:(?:of|the|and|de|la|von|van|for|in|du|der)\s+)?{CAPITAL})*+")
SMALL_WORDS = (
    "a about after all also an and any are as at be because been before being but by can could did do does doing down "
    "during each few for from further had has have having he her here hers him his how i if in into is it its itself "
    "just me more most my no nor not now of off on once only or other our out over own same she should so some such "
    "than that the their them then there these they this those through to too under until up very was we were what "
    "when where which while who whom whose why will with would you your yes"
)
STOP_WORDS = frozenset(SMALL_WORDS.split())
ENDINGS = (
    *("ational", "ization", "iveness", "ations", "ingly", "ation", "ments", "ness", "ment", "ings", "edly", "ies"),
    *("ing", "ers", "ion", "ed", "es", "er", "ly", "s"),
)


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A word without its ending, roughly: words that differ only by it count as the same."""
    if len(word) < 4 or not word.isalpha():
        return word
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word.removesuffix(ending)
            return root + "y" if ending == "ies" else root.rstrip("e")
    return word.rstrip("e")


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    bare = (word.removesuffix("'s").removesuffix("\u2019s") for word in WORD.findall(text.lower()))
    return [stem(word) for word in bare if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())]


def names(text: str) -> set[str]:
    """What looks like the name of somebody or something: capitalized words and numbers."""
    found = set()
    for match in NAME.finditer(text):
        words = match[0].strip(" .'\u2019-&").split()
        while words and words[0].lower() in STOP_WORDS:
            words = words[1:]
        if words and len(name := " ".join(words)) > 1:
            found.add(name)
    return found


def plain(text: str) -> str:
    """The words of a text in lower case with one space between them and around: names are looked for in this."""
    return f" {' '.join(WORD.findall(text.lower()))} "
