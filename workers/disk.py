"""What a full disk looks like. Python tells it by a number, polars and DuckDB only in words."""

import errno
import os

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = (*(f"(os error {number})" for number in _FULL), os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


def is_full(error: BaseException) -> bool:
    """Whether ``error`` says that a file could not grow: no room, no quota, or a limit on its size."""
    return getattr(error, "errno", None) in _FULL or any(words in str(error) for words in _WORDS)
