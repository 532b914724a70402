"""settle: people are shown the candidates side by side, and what they say is remembered."""

import pytest

from tests.workers.entity_matching.conftest import Json, company, match, owner, run
from workers.contract import InvalidParameters
from workers.warehouse.matches import MatchDecision, MatchLink

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]

OWNERS = [owner("1", "GULF WATERS LLC", "100 N MAIN ST"), owner("2", "PALM HARDWARE CORP", "9 LAKE RD")]
TWINS = [company("A", "GULF WATERS LLC", "100 N MAIN ST"), company("B", "GULF WATERS INC", "100 N MAIN ST")]


def settle(matching: Json, *said: tuple[str, str, bool], **parameters: object) -> Json:
    decisions = [{"left_key": left, "right_key": right, "same": same} for left, right, same in said]
    return run("settle", matching=matching, decisions=decisions, **parameters)


def test_the_candidates_are_shown_side_by_side_with_what_speaks_for_each() -> None:
    found = settle(match(OWNERS, TWINS))

    [question] = found["open"]
    assert question["left"]["owner"] == "GULF WATERS LLC"
    assert sorted(one["right"]["name"] for one in question["candidates"]) == ["GULF WATERS INC", "GULF WATERS LLC"]
    assert all(one["comparison"] and 0 < one["probability"] < 1 for one in question["candidates"])
    assert (found["open_total"], found["remembered"]) == (1, 0)


def test_an_accepted_pair_becomes_a_link_and_the_question_is_closed() -> None:
    found = settle(match(OWNERS, TWINS), ("1", "B", True))

    assert (found["open_total"], found["accepted"]) == (0, 1)
    link = MatchLink.objects.get(linkage="test")
    assert (link.left_key, link.right_key, link.by_person, link.probability) == ("1", "B", True, 1.0)
    assert MatchDecision.objects.get().operation_id == "op-test"


def test_a_refused_pair_leaves_the_other_in_question() -> None:
    found = settle(match(OWNERS, TWINS), ("1", "A", False))

    [question] = found["open"]
    assert [one["right_key"] for one in question["candidates"]] == ["B"]
    assert not MatchLink.objects.exists()


def test_a_question_is_closed_when_all_its_candidates_are_refused() -> None:
    assert settle(match(OWNERS, TWINS), ("1", "A", False), ("1", "B", False))["open_total"] == 0


def test_what_was_decided_is_not_asked_in_the_next_matching() -> None:
    settle(match(OWNERS, TWINS), ("1", "B", True))

    again = match(OWNERS, TWINS)

    assert (again["linked"], again["open"]) == (1, 0)
    assert settle(again)["open"] == []


def test_deciding_again_in_the_same_words_changes_nothing() -> None:
    matching = match(OWNERS, TWINS)
    first = settle(matching, ("1", "B", True))

    assert settle(matching, ("1", "B", True)) == first
    assert MatchDecision.objects.count() == MatchLink.objects.count() == 1


def test_a_change_of_mind_takes_the_link_away() -> None:
    matching = match(OWNERS, TWINS)
    settle(matching, ("1", "B", True))

    settle(matching, ("1", "B", False))

    assert MatchDecision.objects.get().same is False
    assert not MatchLink.objects.exists()


def test_only_so_many_are_asked_at_once() -> None:
    owners = [owner(str(number), f"GULF WATERS {name} LLC") for number, name in enumerate(("MARINA", "BOATYARD"))]
    twins = [
        company(f"{letter}{number}", f"GULF WATERS {name} LLC")
        for number, name in enumerate(("MARINA", "BOATYARD"))
        for letter in "AB"
    ]

    found = settle(match(owners, twins), ask=1)

    assert (len(found["open"]), found["open_total"]) == (1, 2)


def test_a_pair_that_nobody_asked_about_is_refused() -> None:
    with pytest.raises(InvalidParameters, match=r"decisions\.0: the pair '2' and 'A' is not among those in question"):
        settle(match(OWNERS, TWINS), ("2", "A", True))


def test_two_words_on_one_pair_are_refused() -> None:
    with pytest.raises(InvalidParameters, match=r"decisions\.1: it contradicts an earlier one"):
        settle(match(OWNERS, TWINS), ("1", "A", True), ("1", "A", False))

    assert not MatchDecision.objects.exists()
