"""create_mapping: which columns are which; what is not sure is decided by a person, on the page."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from django.test import Client

from operations.models import Operation
from operations.states import Status
from tests.make import make_reviewer
from tests.operations.conftest import post, settle
from tests.serving import serve
from tests.workers.rolls import make_csv, make_dataset, make_processed
from workers import data_quality, datasets, registry
from workers.contract import Call, InvalidParameters
from workers.data_quality import worker
from workers.florida_data.upload import upload
from workers.models import RegisteredWorker
from workers.roll_columns import NAL, NAL_2026_FINAL, NAP, SDF

__all__ = ["settle"]

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]
Json = dict[str, Any]


def run(source: Any, target: Any, *decisions: Json) -> Json:
    given = {"source": source, "target": target, "decisions": list(decisions)}
    return worker.actions["create_mapping"].run(Call(), given)


def names(columns: Any) -> list[str]:
    return [column.name for column in columns]


def test_the_final_header_of_2026_has_two_columns_that_the_one_before_has_not() -> None:
    there, back = run(names(NAL_2026_FINAL), "NAL 2026P"), run(names(NAL), "nal 2026f")

    assert there["names"] == back["names"] == {name: name for name in names(NAL)}
    assert (there["unmapped"], there["missing"], there["unsure"]) == (["EXMPT_47", "EXMPT_48"], [], [])
    assert (back["unmapped"], back["missing"], back["unsure"]) == ([], ["EXMPT_47", "EXMPT_48"], [])


GUIDE = {
    "SDF 2025P": {"SAL_CHNG_CD": "SAL_CHG_CD", "STATE_PAR_ID": "STATE_PARCEL_ID"},
    "NAP 2025P": {"OWN_NAME": "OWN_NAM", "FIDU_ZIP_CD": "FIDU_ZIPCD", "PHY_ZIP": "PHY_ZIPCD"},
    "NAL 2025F": {"JV_RESD-NON_RESD": "JV_RESD_NON_RESD", "R_PAGE2": "OR_PAGE2", "EXMPT 43": "EXMPT_43"},
}


@pytest.mark.parametrize("layout", GUIDE)
def test_the_guide_s_names_mean_the_published_columns(layout: str) -> None:
    published = names({"SDF": SDF, "NAP": NAP, "NAL": NAL}[layout[:3]])
    in_guide = {real: said for said, real in GUIDE[layout].items()}
    truth = {in_guide.get(name, name): name for name in published}

    found = run(list(truth), layout)

    assert found["names"] == truth
    assert all(pair["reason"] and 0 <= pair["score"] <= 1 for pair in found["mapping"])


def test_a_shuffled_header_in_other_words_is_recognised() -> None:
    said = {
        "ParcelId": "PARCEL_ID", "just value": "JV", "Assessed Value School": "AV_SD", "owner_nme": "OWN_NAME",
        "Owner Zip Code": "OWN_ZIPCD", "saleprice2": "SALE_PRC2", "SALE-PRICE-1": "SALE_PRC1", "dor use code": "DOR_UC",
        "total living area": "TOT_LVG_AREA", "PHYS_ADDR_1": "PHY_ADDR1",
    }  # fmt: skip
    shuffled = random.Random(1).sample(list(said), len(said))

    assert run(shuffled, "NAL 2025P")["names"] == said


def test_a_prefix_of_all_columns_tells_nothing() -> None:
    assert run([f"nal_{name.lower()}" for name in names(NAL)], "NAL 2025P")["names"] == {
        f"nal_{name.lower()}": name for name in names(NAL)
    }


def test_another_number_is_another_column() -> None:
    found = run(["SALE_PRC3", "EXMPT_47"], "NAL 2025P")

    assert found["mapping"] == []
    assert "EXMPT_47" not in found["missing"]


def test_no_target_is_taken_twice_and_the_answer_is_always_the_same() -> None:
    sources = ["OWN_NAME", "OWNER_NAME", "OWNERNAME", "NAME OF OWNER"]

    found = run(sources, "NAL 2025P")

    targets = [pair["target"] for pair in found["mapping"]] + [one["options"][0]["value"] for one in found["unsure"]]
    assert len(targets) == len(set(targets))
    assert all(run(sources, "NAL 2025P") == found for _ in range(3))


def test_names_that_tell_nothing_are_told_by_what_is_in_them() -> None:
    rows = datasets.read(make_processed(make_csv(parcels=2_000))["dataset"])
    half = rows.height // 2
    renamed = {"PARCEL_ID": "F1", "SALE_YR": "F2", "STATE_PARCEL_ID": "F3"}
    source = make_dataset(rows.head(half).select(list(renamed)).rename(renamed), "nameless")

    found = run(source, make_dataset(rows.tail(half), "named"))

    guesses = found["names"] | {one["key"]: one["options"][0]["value"] for one in found["unsure"]}
    assert {said: name for name, said in renamed.items()}.items() <= guesses.items()


def test_a_column_of_that_name_with_something_else_in_it_is_for_a_person() -> None:
    source = make_dataset(pl.DataFrame({"JV": ["many", "few"], "PARCEL_ID": ["1", "2"]}), "odd")

    found = run(source, "NAL 2025P")

    assert found["names"] == {"PARCEL_ID": "PARCEL_ID"}
    [asked] = found["unsure"]
    assert (asked["key"], asked["options"][0]["value"]) == ("JV", "JV")
    assert "another type" in asked["options"][0]["words"]


def test_a_table_of_the_warehouse_and_its_dataset_have_the_same_columns() -> None:
    processed = make_processed()
    upload.run(Call(), {"processed": processed})

    found = run(processed["dataset"], {"table": "sdf_current"})

    assert found["names"] == {name: name.lower() for name in names(SDF)}
    assert found["missing"] == ["release_id"]


def test_examples_in_a_question_tell_nothing_of_a_person() -> None:
    rows = pl.DataFrame({"who owns": ["JANE ROE", "JOHN DOE"], "owner": ["A", "B"]})

    found = run(make_dataset(rows, "people"), ["OWN_NAME", "OWN_ADDR1"])

    assert found["unsure"]
    assert "JANE" not in str(found)


def test_decisions_are_taken_as_given() -> None:
    found = run(
        ["OWN_NAME", "JV", "OTHER"],
        "NAL 2025P",
        {"key": "OTHER", "value": "JV"},
        {"key": "OWN_NAME", "value": "none of these"},
    )

    assert found["names"] == {"OTHER": "JV"}
    assert found["mapping"][0]["by_person"] is True
    assert (found["mapping"][0]["score"], found["mapping"][0]["reason"]) == (1.0, "a person decided it")
    assert "OWN_NAME" in found["unmapped"]
    assert "OWN_NAME" in found["missing"]


@pytest.mark.parametrize(
    ("source", "target", "decisions", "said"),
    [
        (["A"], "NAX 2026F", [], "target: 'NAX 2026F' is no known layout; name a type"),
        (["A"], "NAL", [], "target: 'NAL' is no known layout"),
        ([], "NAL 2026F", [], "source: it has 0 columns"),
        (["A", "A"], "NAL 2026F", [], "source.1: the column name 'A' is there twice"),
        (["A", " "], "NAL 2026F", [], "source.1: the column name ' ' is empty"),
        (["A"], ["B"], [{"key": "C", "value": "B"}], "decisions.0.key: the source has no column 'C'"),
        (["A"], ["B"], [{"key": "A", "value": "C"}], "decisions.0.value: the target has no column 'C'"),
        (
            ["A", "D"], ["B"], [{"key": "A", "value": "B"}, {"key": "D", "value": "B"}],
            "decisions: A and D cannot both be B",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(source: Any, target: Any, decisions: list[Json], said: str) -> None:
    with pytest.raises(InvalidParameters, match=re.escape(said)):
        run(source, target, *decisions)


Settle = Callable[..., Operation]


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The real worker takes the place of the test worker."""
    registry.forget()
    with serve(data_quality.worker) as url:
        RegisteredWorker.objects.create(name="data_quality", url=url)
        yield url
    registry.forget()


def test_a_person_decides_what_is_unsure_on_the_page_and_the_mapping_has_it(settle: Settle) -> None:
    rule = {"check": "is_empty", "path": "unsure", "words": "no column is unsure"}
    arguments = {"source": ["PARCEL_ID", "OWN_ADDR", "SALE_PRC"], "target": "NAL 2025P"}
    step = {"id": "E1", "worker": "data_quality", "action": "create_mapping", "arguments": arguments}
    browser = Client()
    browser.force_login(make_reviewer("rita"))

    operation = settle(post([step | {"validation": [rule]}]), 60)
    assert operation.status == Status.ESCALATING, operation.error
    asked = operation.escalations.get()
    items = asked.findings[0]["items"]
    assert [item["key"] for item in items] == ["OWN_ADDR", "SALE_PRC"]
    page = browser.get(f"/console/escalations/{asked.pk}").content.decode()
    assert "Which column of the target does OWN_ADDR mean?" in page
    assert "None of these" in page

    form = page[page.index('id="decide"') :]
    said = {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("revision", "decision_id")}
    said |= {"decision": "edit", "answer-0-0": "OWN_ADDR1", "answer-0-1": "none of these"}
    assert browser.post(f"/console/escalations/{asked.pk}/decide", said).status_code == 302

    assert settle(operation, 60).status == Status.COMPLETED
    result = operation.steps.get().result
    assert result
    assert result["names"] == {"PARCEL_ID": "PARCEL_ID", "OWN_ADDR": "OWN_ADDR1"}
    assert (result["unsure"], result["unmapped"]) == ([], ["SALE_PRC"])
