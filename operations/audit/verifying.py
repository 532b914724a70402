"""Verifying the chain: entry by entry, until the first that is not what was sealed."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from operations.audit import chain
from operations.audit.chain import Head
from operations.audit.models import Entry

NEWEST = 200  # entries that a quick look takes


class NoAnchor(ValueError):
    """The text is no anchor as the log has it."""


@dataclass
class Verdict:
    """What was found: ``why`` and where the chain is broken, or nothing of both."""

    entries: int = 0
    head: Head = field(default_factory=Head)
    why: str = ""
    at: int | None = None  # the sequence number
    entry: int | None = None  # its id
    without_words: int = 0  # entries whose reason was forgotten

    @property
    def holds(self) -> bool:
        return not self.why


def anchor(text: str) -> Head:
    """Read ``SEQUENCE:HASH``. Raises `NoAnchor`."""
    number, _, seal = text.partition(":")
    if not (number.isdecimal() and len(seal) == 64 and set(seal) <= set("0123456789abcdef")):
        raise NoAnchor(f"{text!r} is not SEQUENCE:HASH, such as the log has it: The audit trail's head")
    return Head(int(number), seal)


def verify(anchors: Sequence[Head] = ()) -> Verdict:
    """Look at the whole chain, from the first entry, and at the ``anchors``, which must be in it."""
    wanted = {one.sequence: one for one in anchors}
    verdict = _walk(chain.entries(), Head(), wanted)
    if verdict.holds and wanted:
        cut = min(wanted)
        verdict.why = f"the anchor {wanted[cut]} is not in the trail, which ends with {verdict.head.sequence}"
        verdict.at = cut
    return verdict


def verify_newest(number: int = NEWEST) -> Verdict:
    """Look at the newest entries only."""
    newest = Entry.objects.filter(sequence__isnull=False).order_by("-sequence")[: number + 1]
    rows = list(newest)[::-1]
    if len(rows) <= number:
        return _walk(rows, Head(), {})
    return _walk(rows[1:], Head(rows[0].sequence or 0, rows[0].hash), {})


def _walk(rows: Iterable[Entry], last: Head, wanted: dict[int, Head]) -> Verdict:
    verdict, keys = Verdict(head=last), chain.keys()
    for row in rows:
        if why := _fault(row, verdict.head, keys) or _not_anchored(row, wanted):
            verdict.why, verdict.at, verdict.entry = why, row.sequence, row.pk
            return verdict
        wanted.pop(row.sequence or 0, None)
        verdict.entries += 1
        verdict.without_words += bool(row.reason_digest and not row.reason)
        verdict.head = Head(row.sequence or 0, row.hash)
    return verdict


def _fault(row: Entry, last: Head, keys: dict[str, bytes]) -> str:
    if row.sequence != last.sequence + 1:
        return f"the entries {last.sequence + 1} to {(row.sequence or 0) - 1} are missing"
    if not hmac.compare_digest(row.previous, last.hash):
        return "it does not follow the entry before it"
    key = keys.get(row.key_id)
    if key is None:
        return (
            f"it was sealed with the key {row.key_id!r}, which is not here: "
            "set SECRET_KEY as it was, or name the earlier one in SECRET_KEY_FALLBACKS"
        )
    if not hmac.compare_digest(row.hash, chain.hash_of(row, key)):
        return "it was changed after it was sealed"
    if row.reason and not hmac.compare_digest(row.reason_digest, chain.digest_of(row, key)):
        return "its reason was changed after it was sealed"
    return ""


def _not_anchored(row: Entry, wanted: dict[int, Head]) -> str:
    one = wanted.get(row.sequence or 0)
    return f"the log has another seal for it ({one})" if one and one.hash != row.hash else ""
