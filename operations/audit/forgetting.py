"""What is forgotten of the trail: the words that people gave as reasons about operations. Their entries stay."""

from collections.abc import Iterable

from operations.audit import chain
from operations.audit.models import Entry


def forget_words(operations: Iterable[str]) -> int:
    """Take the reasons out of the entries about these operations; the chain holds without them. Returns how many."""
    about = Entry.objects.filter(operation_id__in=list(operations)).exclude(reason="")
    if not about.exists():
        return 0
    chain.seal()  # their digests stay
    return about.filter(sequence__isnull=False).update(reason="")
