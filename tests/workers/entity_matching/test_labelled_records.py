"""On labelled records that nobody tuned it to, the worker finds what is one party: where those files are there."""

import pytest

from benchmarks import matching_sets, matching_ways
from benchmarks.matching_sets import LabelledSet

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
    pytest.mark.skipif(not matching_sets.SHARED.is_dir(), reason=f"{matching_sets.SHARED} is not there"),
]


def f1(data: LabelledSet) -> float:
    found = matching_ways.matched(data, 0.5)[0]
    if data.judged is not None:
        found &= data.judged
    return 2 * len(found & data.truth) / (len(found) + len(data.truth))


def test_the_duplicates_among_early_childhood_sites_are_found() -> None:
    assert f1(matching_sets.early_childhood()) > 0.92


def test_the_restaurants_that_two_guides_have_in_common_are_found() -> None:
    assert f1(matching_sets.fodors_zagats()) >= 0.98
