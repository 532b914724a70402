"""In every test that asks a model: operations are charged what the model's server counted; the rest is marked."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db.models import Q

from operations.comparison.model_server import ModelServer, Served

MADE_UP = ("m", "small")  # the models of rows that no server was asked for


@pytest.fixture(autouse=True)
def accounts_agree(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    """Hold the ledger against what all model servers of this test counted themselves, once the test is over."""
    servers: list[ModelServer] = []
    begin = ModelServer.__init__

    def noted(server: ModelServer, *given: Any, **named: Any) -> None:
        begin(server, *given, **named)
        servers.append(server)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ModelServer, "__init__", noted)
        yield
    calls = [call for server in servers for call in server.calls]
    if calls and request.node.get_closest_marker("django_db"):
        _compare(calls)


def _compare(calls: Sequence[Served]) -> None:
    from operations.models import ModelCall, Operation

    rows = ModelCall.objects.filter(~Q(model__in=MADE_UP), cache_hit=False)
    if not rows.exists():  # the model was asked without an operation
        return
    for operation in Operation.objects.exclude(model_calls__model__in=MADE_UP):
        assert operation.token_usage == operation.model_calls.spent(), operation
    told = [call for call in calls if call.reported or call.status != 200]
    assert rows.filter(estimated=False).spent() == sum(call.tokens for call in told)
    assert rows.filter(estimated=True).count() == len(calls) - len(told)
