"""So many calls of a kind, for each client. Here they are counted by the hour, so that none comes back meanwhile."""

from concurrent.futures import ThreadPoolExecutor

from operations.models import Operation
from tests.limits.conftest import OPERATION, Web
from tests.make import make_key, make_reviewer

ASYNC = {"Prefer": "respond-async"}


def test_the_call_after_the_last_is_told_when_to_come_again(web: Web) -> None:
    alice = web.program()

    answers = [alice.get("/operations") for _ in range(7)]

    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    refused = answers[-1]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 600
    problem = refused.json()
    assert (problem["status"], problem["violated-policies"]) == (429, ["read"])
    assert "Try again in" in problem["detail"]
    assert refused.headers["X-Request-Id"]
    assert "frame-ancestors" in refused.headers["Content-Security-Policy"]


def test_each_answer_tells_how_much_is_left(web: Web) -> None:
    alice = web.program()

    first, second = alice.get("/operations"), alice.get("/operations")

    assert first.headers["RateLimit-Policy"] == '"read";q=6;w=3600'
    assert first.headers["RateLimit"].startswith('"read";r=5;t=')
    assert second.headers["RateLimit"].startswith('"read";r=4;t=')
    assert second.headers["X-RateLimit-Limit"] == "6"
    assert second.headers["X-RateLimit-Remaining"] == "4"
    assert int(second.headers["X-RateLimit-Reset"]) >= int(first.headers["X-RateLimit-Reset"])


def test_clients_do_not_use_up_each_others_calls_even_from_one_address(web: Web) -> None:
    alice, bob = web.program(), web.program()
    for _ in range(7):
        alice.get("/operations")

    assert bob.get("/operations").status_code == 200


def test_kinds_of_calls_are_counted_apart(web: Web) -> None:
    alice = web.program()
    started = [alice.post("/operations", json=OPERATION, headers=ASYNC) for _ in range(5)]

    assert [answer.status_code for answer in started] == [202] * 4 + [429]
    assert started[-1].json()["violated-policies"] == ["start"]
    assert alice.get("/operations").status_code == 200
    assert Operation.objects.count() == 4


def test_one_who_is_known_by_two_keys_or_sessions_is_counted_once(web: Web) -> None:
    rita = make_reviewer("rita")
    desk, phone = web.person(rita), web.person(rita, "198.51.100.7")

    answers = [browser.get("/operations").status_code for _ in range(4) for browser in (desk, phone)]

    assert answers.count(200) == 6


def test_calls_at_the_same_moment_get_no_more_than_there_are(web: Web) -> None:
    alice = web.program()
    alice.get("/operations")

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: alice.get("/operations").status_code, range(12)))

    assert answers.count(200) == 5
    assert answers.count(429) == 7


def test_strangers_are_counted_by_their_address(web: Web) -> None:
    one, other = web.stranger(), web.stranger("198.51.100.7")

    assert [one.get("/schema").status_code for _ in range(7)] == [200] * 6 + [429]
    assert other.get("/schema").status_code == 200


def test_an_address_of_ipv6_is_a_subscribers_whole_network(web: Web) -> None:
    asked = [web.stranger(f"2001:db8:1:2::{number}").get("/schema").status_code for number in range(7)]

    assert asked == [200] * 6 + [429]
    assert web.stranger("2001:db8:1:3::1").get("/schema").status_code == 200


def test_health_and_the_files_of_pages_are_free(web: Web) -> None:
    probe = web.stranger()

    for path in ("/health", "/static/concord.css"):
        answers = [probe.get(path) for _ in range(9)]
        assert {answer.status_code for answer in answers} == {200}
        assert "RateLimit" not in answers[0].headers


def test_keys_that_are_not_valid_are_soon_not_looked_at_any_more(web: Web) -> None:
    guessed = [web.program(key=f"ck_{number}").get("/operations").status_code for number in range(5)]

    assert guessed == [401, 401, 401, 429, 429]
    assert web.program(key="ck_other", address="198.51.100.7").get("/operations").status_code == 401


def test_a_key_that_was_good_before_is_not_shut_out_by_anothers_guesses(web: Web) -> None:
    alice = web.program()
    alice.get("/operations")
    for number in range(5):
        web.program(key=f"ck_{number}").get("/operations")

    assert alice.get("/operations").status_code == 200


def test_another_key_gives_no_other_bucket_to_who_makes_them_up(web: Web) -> None:
    asked = [web.stranger(X_API_Key=f"ck_{number}").get("/schema").status_code for number in range(8)]

    assert asked.count(200) == 6


def test_a_page_of_the_console_says_it_in_words(web: Web) -> None:
    browser = web.person(make_reviewer())
    answers = [browser.get("/console/mine") for _ in range(7)]

    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["Content-Type"].startswith("text/html")
    assert "More than 6 requests in 3600 seconds. Try again in" in refused.text
    assert refused.headers["Retry-After"]


def test_a_revoked_key_is_counted_as_a_guess(web: Web) -> None:
    row, key = make_key("start")
    alice = web.program(key=key)
    assert alice.get("/operations").status_code == 200
    type(row).objects.filter(pk=row.pk).revoke()

    assert [alice.get("/operations").status_code for _ in range(4)] == [401, 401, 401, 429]
