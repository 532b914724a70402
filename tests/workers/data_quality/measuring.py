"""Measures how much memory a piece of work takes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def growth() -> Iterator[list[int]]:
    """By how many bytes this process is larger than before, twenty times a second."""
    process, ended, seen = psutil.Process(), threading.Event(), [0]
    before = process.memory_info().rss

    def watch() -> None:
        while not ended.wait(0.05):
            seen.append(process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()
