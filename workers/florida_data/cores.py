"""How many files are read at once: each takes all cores that it gets, so that more would only take more memory."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from workers.contract import Call

RETRY_SECONDS = 0.2
_FREE = threading.BoundedSemaphore(os.cpu_count() or 2)


@contextmanager
def on_a_core(call: Call) -> Iterator[None]:
    """Wait until fewer files are being read than there are cores. Raises `Cancelled` if the call is withdrawn."""
    while not _FREE.acquire(timeout=RETRY_SECONDS):
        call.check()
    try:
        yield
    finally:
        _FREE.release()
