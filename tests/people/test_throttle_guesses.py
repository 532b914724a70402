"""Too many tries of a password: slowed down, for an account and for an address, and never for good."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from concord.people import chores, throttle
from concord.people.models import Tries
from concord.people.throttle import Count, Pace
from operations.models import Operation
from operations.signals import round_made
from tests.people.signing_in import is_in, make_rita, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_time_passes() -> Iterator[None]:
    """Unless a test says so: twenty hashes take a busy machine long enough to be forgiven a try."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


def guess(times: int, name: str = "rita", address: str = "198.51.100.7") -> list[int]:
    return [sign_in(Client(), name, "wrong", REMOTE_ADDR=address).status_code for _ in range(times)]


def test_after_five_guesses_one_waits_and_is_told_how_long(client):
    make_rita()

    assert guess(6) == [200] * 5 + [429]
    refused = sign_in(client, REMOTE_ADDR="203.0.113.9")
    assert refused.status_code == 429
    assert 50 <= int(refused["Retry-After"]) <= 60
    assert f"Wait <strong>{refused['Retry-After']} seconds</strong>" in refused.content.decode()
    assert not is_in(client)


def test_it_is_the_same_for_names_that_are_nobodys():
    make_rita()

    assert guess(6) == guess(6, "nobody", "203.0.113.9")


def test_it_does_not_matter_how_a_name_is_written():
    assert guess(3, "rita") + guess(3, " RITA ") == [200] * 5 + [429]


def test_it_is_over_after_a_while(client):
    make_rita()
    guess(6)

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert sign_in(client, REMOTE_ADDR="203.0.113.9").status_code == 302
        assert is_in(client)


def test_who_goes_on_is_locked_out_for_longer():
    now = timezone.now()
    answers = []
    for minute in range(60):
        with time_machine.travel(now + timedelta(minutes=minute, seconds=minute), tick=False):
            answers += guess(1) if minute else guess(5)

    assert answers.count(200) < 40
    assert 429 in answers


def test_one_address_does_not_try_many_names():
    answers = [guess(1, f"person{number}") for number in range(25)]

    assert answers == [[200]] * 20 + [[429]] * 5
    assert guess(1, "another", "203.0.113.9") == [200]


def test_all_of_a_subscribers_ipv6_addresses_are_one():
    answers = [guess(1, f"person{number}", f"2001:db8:1:2::{number}") for number in range(21)]

    assert answers[-1] == [429]
    assert guess(1, "another", "2001:db8:1:3::1") == [200]


def test_a_stranger_does_not_keep_a_person_out_of_a_browser_that_is_known(client):
    make_rita()
    sign_in(client)
    client.post("/console/logout")
    guess(30)

    assert sign_in(Client(), REMOTE_ADDR="203.0.113.9").status_code == 429
    assert sign_in(client).status_code == 302


def test_a_known_browser_has_no_more_tries_than_another(client):
    make_rita()
    sign_in(client)
    client.post("/console/logout")

    assert [sign_in(client, password="wrong").status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_browser_that_is_known_for_one_is_not_for_another(client):
    make_rita()
    make_rita("bob")
    sign_in(client)
    client.post("/console/logout")
    guess(5, "bob")

    assert sign_in(client, "bob").status_code == 429


def test_who_is_right_uses_up_no_tries():
    make_rita()

    assert [sign_in(Client()).status_code for _ in range(25)] == [302] * 25


def test_forwarded_addresses_are_not_believed_unless_there_is_a_proxy(client, settings):
    def tries(number: int) -> int:
        forged = f"10.0.0.{number}"
        return sign_in(client, f"person{number}", HTTP_X_FORWARDED_FOR=forged, REMOTE_ADDR="198.51.100.7").status_code

    assert [tries(number) for number in range(21)][-1] == 429
    settings.TRUSTED_PROXIES = 1
    assert tries(22) == 200


@pytest.mark.django_db(transaction=True)
def test_guesses_in_parallel_get_no_more_tries():
    count = Count("account", "rita", (Pace(5, 60),))
    begin, waits = threading.Barrier(16), []

    def take() -> None:
        begin.wait()
        waits.append(throttle.take(count))
        connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [wait > 0 for wait in sorted(waits)] == [False] * 5 + [True] * 11


def test_it_counts_without_redis(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert guess(6) == [200] * 5 + [429]


def test_no_name_that_was_typed_is_kept():
    sign_in(Client(), "my-password-by-mistake", "wrong")

    assert not Tries.objects.filter(counted_for__contains="mistake").exists()
    assert Tries.objects.count() == 4


def test_counts_that_count_nothing_are_forgotten():
    guess(1)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        chores.hourly.due = 0
        round_made.send(Operation)

    assert not Tries.objects.exists()


def test_a_password_is_guessed_no_quicker_on_the_pages_within(client):
    make_rita()
    sign_in(client)

    answers = [
        client.post("/console/account/confirm", {"password": "wrong", "next": "/console/account"}).status_code
        for _ in range(3)
    ]
    answers += [
        client.post(
            "/console/account/password", {"old_password": "wrong", "new_password1": "x", "new_password2": "x"}
        ).status_code
        for _ in range(3)
    ]

    assert answers == [200] * 5 + [429]
