"""The example worker's service, and a client that knows its token."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from django.conf import settings

from tests.serving import serve
from tests.workers.example_worker import worker


class Caller(httpx2.Client):
    """Calls one worker."""

    def __init__(self, url: str):
        super().__init__(base_url=url, headers={"Authorization": f"Bearer {settings.WORKER_TOKEN}"}, timeout=30)

    def act(self, action: str, parameters: dict | None = None, **headers: str) -> httpx2.Response:
        """POST the action; ``idempotency_key="k"`` is the header Idempotency-Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post("/operations", json={"operation": action, "parameters": parameters or {}}, headers=named)

    def ended(self, location: str) -> dict:
        """The state of a call at its end."""
        state = self.get(location, headers={"Prefer": "wait=20"}).json()
        assert state["status"] != "running"
        return state


@pytest.fixture
def caller(transactional_db: None) -> Iterator[Caller]:
    with serve(worker) as url, Caller(url) as caller:
        yield caller


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where actions note what they do, so that a test can count how often they ran."""
    return tmp_path / "journal"
