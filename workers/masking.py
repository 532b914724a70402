"""What must not be written down: secrets and personal data, found by the shape of a text or the name of a field.

Names of people have no shape. So whole fields that may hold them are never written by value, texts of exceptions
(which quote rows, cells and JSON) are not written at all unless their class is known to quote nothing, and what is
left is searched for what has a shape: keys, passwords in addresses, e-mail addresses, telephone and tax numbers.
"""

import re
import traceback
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any
from uuid import UUID

from workers import personal

MASK = "***"
LONGEST = 4_000  # characters of one text
DEEPEST = 6

STREETS = (
    "ST|STREET|AVE|AVENUE|RD|ROAD|BLVD|BOULEVARD|DR|DRIVE|LN|LANE|CT|COURT|CIR|CIRCLE|TER|TERRACE|PKWY|PARKWAY|HWY"
    "|HIGHWAY|TRL|TRAIL"
)
SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Secrets: a password in an address, keys of ours and of model providers, what follows a scheme or a name.
    (re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)"), MASK),
    (re.compile(r"\?[\w%.\[\]+-]+=[^\s'\"<>]*"), f"?{MASK}"),  # a query: what somebody looked for
    (re.compile(r"\buri=\S+"), f"uri={MASK}"),
    (re.compile(r"\b(ck|sk|rk|pk|ghp|xox[abp])[_-][A-Za-z0-9_-]{8,}"), rf"\1_{MASK}"),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]+\.?[\w-]*"), MASK),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[\w.~+/=-]{6,}"), rf"\1 {MASK}"),
    (
        re.compile(
            r"(?i)((?:key|token|secret|passw(?:or)?d|pwd|sessionid|csrftoken|cookie|authorization)"
            r"""["']?\s*[=:]\s*)(?!\*\*\*)("[^"]*"|'[^']*'|[^\s&;,"'}\]]+)"""
        ),
        rf"\1{MASK}",
    ),
    # People: e-mail, social security, FEI or EIN, telephone, post boxes; then a street with its number.
    *((shape, MASK) for shape, _ in personal.SHAPES),
    (re.compile(r"(?<![\w.,/:#-])(?:\d{9}|(?:\+?1)?[2-9]\d{9})(?![\w,/:-]|\.\d)"), MASK),
    (re.compile(rf"(?i)\b\d{{1,6}}(?:\s+[\w.'#-]+){{1,4}}\s+(?:{STREETS})\b\.?"), MASK),
)
MAY_MATCH = re.compile(r"[@:=\d_]|sk-|eyJ|bearer|basic|token", re.IGNORECASE)  # nothing else can have a shape

# Fields that hold data, whatever is in them: of rolls and filings, of operations, of people, and secrets.
_WHOLE = (
    "parameters arguments metadata plan result results evidence findings prompt messages completion content answer"
    " row rows record records value values cell cells item items sample samples instance body data text texts query"
    " query_string params where edits effect comment headers cookies environ scope locals request job"
    " username email first_name last_name password passwd secret token authorization cookie key api_key digest"
)
WHOLE = frozenset(_WHOLE.split())
PARTS = re.compile(
    r"(?i)(^|_)(own(er)?s?|name[sd]?|fullname|addr(ess(es)?)?\d?|street|phones?|tel|e?mails?|ssn|fei|ein|dob|birth\w*"
    r"|grantors?|grantees?|officers?|agents?|princ\w*|mail\w*|fiduciary|fidu|s_legal|legal|passw\w+|secrets?|tokens?_?value)(_|\d|$)"
)
# Names of fields of our own log lines, which only look like those.
_OURS = (
    "logger_name file_name worker_name thread_name process_name host_name view_name action_name event"
    " queue_name server_address client_address"
)
OURS = frozenset(_OURS.split())


def masked(text: str) -> str:
    """``text`` without what has the shape of a secret or of personal data, and no longer than a log line may be."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text)} characters)"
    if MAY_MATCH.search(text):
        for shape, instead in SHAPES:
            text = shape.sub(instead, text)
    return text


# Our own fields, of which each has been looked at where it came in; there are several in every line.
KNOWN = frozenset(("level", "timestamp", "logger", "request_id", "operation_id", "status", "ms", "actor"))


def is_personal(field: str) -> bool:
    """May a field of this name hold what must not be written down?"""
    small = field.lower()
    if small in OURS:
        return False
    return small in WHOLE or bool(PARTS.search(small)) or personal.kind_of(field) is not None


def told(field: str, value: Any, depth: int = 0) -> Any:
    """``value`` of ``field`` as it may be written: whole, masked, or only what kind of thing it is."""
    if value is None or isinstance(value, bool | float | Decimal | datetime | date) or field in KNOWN:
        return value
    if is_personal(field):
        return size_of(value)
    if isinstance(value, int):
        return value
    return _told(value, depth)


def _told(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, BaseException):
        return said(value)
    if isinstance(value, UUID | PurePath):
        return masked(str(value))
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", type(value).__name__)
    if hasattr(value, "_meta") and hasattr(value, "pk"):  # a row: its words may be anybody's name
        return f"{value._meta.model_name} {value.pk}"
    if depth < DEEPEST and isinstance(value, Mapping):
        return {masked(str(name)): told(str(name), inner, depth + 1) for name, inner in value.items()}
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [told("", inner, depth + 1) for inner in value]
    return f"<{type(value).__name__}>"  # the words of an unknown object may be anything


def argument(value: Any) -> Any:
    """What may stand for a value in a message with places for some (``%s``, ``%d``)."""
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return size_of(value)
    return told("", value)


def size_of(value: Any) -> str:
    """What kind of value is there, and how much of it."""
    size = f", {len(value)}" if isinstance(value, str | bytes | Mapping | list | tuple | set) else ""
    return f"({type(value).__name__}{size})"


# --- exceptions ---

# These say what is wrong with a setting, a server or a rule of ours, in words that quote no data.
QUOTES_NOTHING = ("django.core.exceptions.ImproperlyConfigured", "redis.exceptions", "django.core.management.base")


def said(error: BaseException) -> str:
    """What may be written of an exception: its class, with its text only where that is known to quote no data."""
    name = type(error).__name__
    words = _words(error)
    return f"{name}: {words}" if words else name


def _words(error: BaseException) -> str:
    database = error if hasattr(error, "sqlstate") else error.__cause__
    if getattr(database, "sqlstate", None):
        return _of_postgresql(database)
    if isinstance(error, OSError) and error.strerror:
        return masked(str(error.strerror))
    if any(_path(each).startswith(QUOTES_NOTHING) for each in type(error).__mro__):
        return masked(str(error).splitlines()[0]) if str(error) else ""
    if _path(type(database)).startswith("sqlite3."):  # it names tables and columns, never values
        return masked(str(database))
    return ""


def _of_postgresql(error: Any) -> str:
    """Its code and the names of what it is about; its message and detail quote rows."""
    about = getattr(error, "diag", None)
    names = ("constraint_name", "table_name", "column_name")
    told = [f"{name} {getattr(about, name)}" for name in names if getattr(about, name, None)]
    return ", ".join([f"SQLSTATE {error.sqlstate}", *told])


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def traced(error: BaseException) -> str:
    """A traceback without data: the frames, and of each exception in the chain what `said` says."""
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen and len(parts) < 10:
        seen.add(id(link))
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{said(link)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nbecause of\n\n".join(parts)
