"""A worker's real service for tests: real HTTP, in a thread, on the test's own database."""

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from workers import registry
from workers.contract import Worker
from workers.models import RegisteredWorker
from workers.service.server import Server, listen

# Rows must be committed for the service's threads to see them.
served = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


@contextlib.contextmanager
def serve(worker: Worker) -> Iterator[str]:
    """Serve ``worker`` inside the block and give its URL. The test must be marked `served`."""
    server = Server(worker, listen("127.0.0.1", 0))
    url = f"http://127.0.0.1:{server.listener.getsockname()[1]}"
    thread = threading.Thread(target=server.run, name=f"serve-{worker.name}", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield url
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive(), "the service did not stop"


@contextlib.contextmanager
def registered(*workers: Worker) -> Iterator[str]:
    """Serve these workers, and none but them, as those that operations call. Gives the first one's URL."""
    registry.forget()
    with contextlib.ExitStack() as running:
        urls = [running.enter_context(serve(worker)) for worker in workers]
        for worker, url in zip(workers, urls, strict=True):
            RegisteredWorker.objects.create(name=worker.name, url=url)
        yield urls[0]
    registry.forget()


def _wait_until_started(server: Server, thread: threading.Thread) -> None:
    end = time.monotonic() + 10
    while not server.started:
        assert thread.is_alive(), "the service ended while it started"
        assert time.monotonic() < end, "the service did not start in ten seconds"
        time.sleep(0.005)
