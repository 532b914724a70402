"""run_monitoring_ai: a value that does not fit its series' past is told with its figures, and nothing else is."""

import pytest

from tests.workers.ai_ml.make import Json, run
from tests.workers.performance.conftest import concord, nobody
from workers.contract import InvalidParameters, TryLater

__all__ = ["concord", "nobody"]

STEADY = [100.0, 102.0, 98.0, 101.0, 99.0] * 6


def monitor(**parameters: object) -> Json:
    return run("run_monitoring_ai", **parameters)


def test_a_value_far_out_is_told_with_its_figures() -> None:
    found = monitor(series={"rows": [*STEADY, 900.0], "files": [*STEADY, 103.0]})

    [anomaly] = found["anomalies"]
    assert (anomaly["series"], anomaly["direction"], anomaly["value"], anomaly["usual"]) == ("rows", "above", 900, 100)
    assert anomaly["deviations"] == 160  # in steps of 5 % of the median, since the series was steadier than that
    assert "900 is far above the usual 100" in anomaly["words"]
    assert found["summary"][0] == "1 of 2 series have values that do not fit their past."


def test_a_series_that_always_jumps_may_jump() -> None:
    jumping = [1.0, 900.0, 40.0, 500.0, 5.0] * 6

    assert monitor(series={"rows": [*jumping, 950.0]})["anomalies"] == []


def test_outliers_of_the_past_do_not_hide_those_of_today() -> None:
    assert monitor(series={"rows": [*STEADY, 9_000.0, 8_000.0, 900.0]})["anomalies"]


def test_a_series_of_the_same_value_tolerates_no_other() -> None:
    [anomaly] = monitor(series={"failed": [*[0.0] * 30, 4.0]})["anomalies"]

    assert (anomaly["value"], anomaly["usual"]) == (4, 0)


def test_the_last_values_are_counted() -> None:
    [anomaly] = monitor(series={"rows": [*STEADY, 900.0, 100.0, 1.0]}, recent=3)["anomalies"]

    assert (anomaly["recent_outside"], anomaly["recent"], anomaly["value"]) == (2, 3, 900)


def test_a_series_without_a_past_is_told_apart() -> None:
    found = monitor(series={"rows": [1.0, 900.0]})

    assert (found["anomalies"], found["too_few"]) == ([], ["rows"])
    assert "1 series have too short a past to tell." in found["summary"]


@pytest.mark.django_db(transaction=True)
def test_concord_without_operations_has_nothing_to_look_at(concord: str) -> None:
    assert monitor()["summary"] == ["No operation ended recently, so there is no series to look at."]


def test_where_concord_is_away_it_is_asked_again_later(nobody: None) -> None:
    with pytest.raises(TryLater, match="CONCORD_URL"):
        monitor()


def test_what_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(InvalidParameters, match="finite") as refusal:
        monitor(series={"rows": [1.0, float("nan")]})

    assert refusal.value.field == "series.rows.1"
