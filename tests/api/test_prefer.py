"""The Prefer header: how long a client is willing to wait."""

import pytest
from django.conf import settings

from operations.preferences import Preference, preference

DEFAULT = settings.SYNC_WAIT_SECONDS


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Preference(DEFAULT)),
        ("respond-async", Preference(0, "respond-async")),
        ("Respond-Async", Preference(0, "respond-async")),
        ("wait=10", Preference(10, "wait=10")),
        ('wait="10"', Preference(10, "wait=10")),
        ("wait = 10", Preference(10, "wait=10")),
        ("respond-async, wait=10", Preference(10, "wait=10")),
        ("return=minimal, wait=7; why=hurry, respond-async", Preference(7, "wait=7")),
        ("wait=3, wait=9", Preference(3, "wait=3")),
        ("wait=0", Preference(0, "wait=0")),
        ("wait=100000000000000000000", Preference(300, "wait=300")),
        ("wait=301", Preference(300, "wait=300")),
        ("wait=-1", Preference(DEFAULT)),
        ("wait=soon", Preference(DEFAULT)),
        ("wait=1.5", Preference(DEFAULT)),
        ("wait", Preference(DEFAULT)),
        ("return=minimal", Preference(DEFAULT)),
        (",,;=,", Preference(DEFAULT)),
    ],
)
def test_what_a_client_prefers(header: str, expected: Preference) -> None:
    assert preference(header) == expected
