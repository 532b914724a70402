"""A process is killed in the middle of a model call: what it was about to spend is in the ledger, as an estimate."""

import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from operations.comparison.model_server import Reply, serve
from operations.models import Operation
from tests.make import make_operation
from workers import tokens

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAM = """
import sys
import django
django.setup()
from operations import ledger
from operations.models import Claim, Operation
[(operation, claim)] = [Operation.objects.claim_next("the one that dies")]
ledger.ask(operation, [{"role": "user", "content": "Load Duval."}], purpose="planning", claim=claim, max_tokens=9,
           timeout=60)
"""


def test_a_killed_process_leaves_its_estimate() -> None:
    operation, asked = make_operation(), threading.Event()

    def hang(request: Any) -> Reply:
        asked.set()
        return Reply(text="never heard", delay=60)

    with serve(hang) as server:
        addresses = {"DATABASE_URL": _test_database(), "OPENAI_BASE_URL": server.url}
        child = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=settings.BASE_DIR, env=os.environ | addresses)
        try:
            assert asked.wait(60), "the model was not asked"
        finally:
            child.kill()
            child.wait()
        counted = server.tokens

    row = operation.model_calls.get()
    assert (row.state, row.estimated, row.completion_tokens) == ("open", True, 0)
    assert row.prompt_tokens == tokens.count_messages([{"role": "user", "content": "Load Duval."}])
    assert Operation.objects.get(pk=operation.pk).token_usage == row.tokens == counted


def _test_database() -> str:
    """The address of the database that this test is using."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
