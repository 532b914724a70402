"""How the worker contract's headers are read."""

from datetime import UTC, datetime

import pytest

from workers.service import headers


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 2),
        ("wait=5", 5),
        ("wait = 5", 5),
        ('Wait="5"', 5),
        ("respond-async", 0),
        ("respond-async, wait=10", 10),
        ("handling=lenient; x=1, wait=3; y", 3),
        ("wait=3600", headers.LONGEST_WAIT),
        ("wait=soon", 2),
        ("wait=-1", 2),
        ("wait", 2),
        ("waiter=9", 2),
    ],
)
def test_a_preference_is_followed_or_passed_over(prefer, seconds):
    assert headers.wait_of(prefer, 2) == seconds


@pytest.mark.parametrize("text", ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00+01:00", "1795428000", "1795428000.0"])
def test_a_deadline_has_two_forms(text):
    assert headers.read({"concord-deadline": text}).deadline == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "operation", "step"),
    [("op-1:E2[0]:abc:1", "op-1", "E2[0]"), ("just-a-key", "", ""), ("", "", "")],
)
def test_a_key_of_concord_says_which_step_it_is(key, operation, step):
    read = headers.read({"idempotency-key": key})

    assert (read.operation_id, read.step) == (operation, step)
