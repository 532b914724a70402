"""Finding parcels, accounts and owners, and reading the page of one."""

import html
import re
from urllib.parse import unquote

import pytest
from django.db import connections

from operations.data import reading, search
from tests.console.data_pages.make import UNION, load, text
from tests.console.personal import SCRIPT, reveal
from workers.warehouse import releases

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)

HOSTILE = "<script>alert(1)</script>\u202eX"


def found(response):
    return [html.unescape(link) for link in re.findall(r'row-link"\s+href="([^"]+)"', response.content.decode())]


def look_for(browser, q, **more):
    return browser.get("/console/data", {"q": q, **more})


@pytest.mark.parametrize(
    "identity", ["0012-34.5", "A/B/../C", "99 99 99", "12%2F3", "é?#&", "00-1 2/3."], ids=lambda value: repr(value)
)
def test_a_parcel_is_found_by_its_id_as_it_is_and_its_page_opens(rita, identity):
    load([{"PARCEL_ID": identity, "JV": 123_456}])

    for county in ("", "Union"):
        [address] = found(look_for(rita, f" {identity} ", county=county))
        page = rita.get(address)

        assert page.status_code == 200
        assert identity in text(page)
        assert "123,456" in text(page)


def test_ids_are_found_in_any_case_and_never_by_other_punctuation(rita):
    load([{"PARCEL_ID": "A12-34"}])

    assert len(found(look_for(rita, "a12-34"))) == 1
    assert found(look_for(rita, "A1234")) == []
    assert found(look_for(rita, "A12-3")) == []


def test_an_account_is_found_by_its_id(rita):
    load([{"ACCT_ID": "ACC 7", "JV_TOTAL": 987}], "NAP")

    [address] = found(look_for(rita, "acc 7"))

    assert address == f"/console/data/accounts/{UNION}/current/ACC%207"
    assert "987" in text(rita.get(address))


def test_a_parcel_known_by_its_sales_alone_has_a_page(rita):
    load([{"PARCEL_ID": "S-1", "SALE_PRC": 345_678}], "SDF")

    page = text(rita.get(found(look_for(rita, "S-1"))[0]))

    assert "$345,678" in page
    assert "known by its sales alone" in page


def test_site_addresses_are_found_by_how_they_begin_and_anywhere_if_asked(rita):
    load([{"PARCEL_ID": "P1", "PHY_ADDR1": "77 QUIET 100% LN"}, {"PARCEL_ID": "P2", "PHY_ADDR1": "9 other ln"}])

    assert [a[-2:] for a in found(look_for(rita, "77 quiet", by="address"))] == ["P1"]
    assert [a[-2:] for a in found(look_for(rita, "9 OTH", by="address", county="Union"))] == ["P2"]
    assert found(look_for(rita, "quiet", by="address")) == []
    assert [a[-2:] for a in found(look_for(rita, "100% L", by="address", anywhere="on"))] == ["P1"]
    assert found(look_for(rita, "1_0% L", by="address", anywhere="on")) == []


def test_owners_of_parcels_and_accounts_are_found_together(rita):
    load([{"PARCEL_ID": "P1", "OWN_NAME": "ZZYZX HOLDINGS"}])
    load([{"ACCT_ID": "A1", "OWN_NAM": "ZZYZX HOLDINGS"}], "NAP")

    assert [address[-2:] for address in found(look_for(rita, "zzyzx", by="owner"))] == ["P1", "A1"]


def test_pages_of_results_lose_and_repeat_nothing(rita, monkeypatch):
    monkeypatch.setattr(search, "SIZE", 7)
    load([{"PARCEL_ID": f"P{n:02}", "PHY_ADDR1": f"5 SAME ST {'' if n % 2 else 'N'}"} for n in range(12)])
    load([{"ACCT_ID": f"A{n:02}", "PHY_ADDR": "5 SAME ST"} for n in range(9)], "NAP")

    seen, after = [], ""
    while True:
        page = look_for(rita, "5 same st", by="address", after=after)
        seen += found(page)
        more = re.search(r'href="(\?[^"]*after=([^"&]+)[^"]*)">More', page.content.decode())
        if not more:
            break
        after = unquote(more[2])

    assert len(seen) == len(set(seen)) == 21


def test_a_cursor_that_no_page_gave_out_is_not_found(rita):
    load()

    assert look_for(rita, "1 MAIN", by="address", after="yesterday").status_code == 404


def test_a_search_that_takes_too_long_ends_and_says_what_helps(rita, monkeypatch):
    load()
    monkeypatch.setattr(reading, "STEPS_BETWEEN_LOOKS", 1)
    slow = {"postgresql": "SELECT pg_sleep(30)", "sqlite": SLOW_ON_SQLITE}[connections["warehouse"].vendor]
    monkeypatch.setattr(search, "fetched", lambda query, parameters: reading.fetched(slow, []))
    monkeypatch.setattr(reading, "SECONDS", 0.2)

    response = look_for(rita, "1 MAIN", by="address")

    assert response.status_code == 503
    assert "Choose a county" in text(response)
    assert look_for(rita, "no such id").status_code == 200


SLOW_ON_SQLITE = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.mark.parametrize("q", ["", " ", "x", "x" * 101])
def test_what_cannot_be_searched_is_said_at_the_field(rita, q):
    assert look_for(rita, q).status_code == 422


def test_a_county_that_does_not_exist_is_said(rita):
    response = look_for(rita, "12", county="Unoin")

    assert response.status_code == 422
    assert "did you mean Union?" in text(response)


def test_nothing_loaded_and_nothing_found_say_what_to_do(rita):
    assert "data_pipeline" in text(rita.get("/console/data"))
    assert "dashes" in text(look_for(rita, "12"))
    assert "data_pipeline" in text(rita.get("/console/data/coverage"))
    assert "data_pipeline" in text(rita.get("/console/data/releases"))


def test_hostile_names_and_ids_are_only_text(rita):
    load([{"PARCEL_ID": "H<b>1", "OWN_NAME": HOSTILE, "PHY_ADDR1": "<img src=x>", "S_LEGAL": "'\"><i>"}])

    results = look_for(rita, "<script>", by="owner")
    page = rita.get(found(results)[0])

    shown = reveal(rita, found(results)[0], headers=SCRIPT)
    for response in (results, page, shown, look_for(rita, "<b>x</b>")):
        raw = response.content.decode()
        assert not re.search(r"<script(?![^>]* src=)|<img src=x|<b>|<i>| style=", raw)
        assert "\u202e" not in raw
    assert "\\u202e" in shown.content.decode()


def test_owners_are_shown_to_nobody_without_the_permission(rita, bob):
    load([{"PARCEL_ID": "P1", "OWN_NAME": "SECRET PERSON", "OWN_ADDR1": "HIDDEN 1", "JV": 111}])
    load([{"PARCEL_ID": "P1", "OWN_NAME": "SECRET HEIR", "OWN_ADDR1": "HIDDEN 2", "JV": 222}], submission=2)
    address = f"/console/data/parcels/{UNION}/current/P1"

    assert "S\u2022\u2022\u2022\u2022\u2022" in text(rita.get(address))
    assert "SECRET HEIR" in text(reveal(rita, address, headers=SCRIPT))
    for response in (bob.get(address), look_for(bob, "P1")):
        assert response.status_code == 200
        assert "SECRET" not in text(response)
        assert "HIDDEN" not in text(response)
    assert "2 about the owner, not shown to you" in text(bob.get(address))
    assert look_for(bob, "SECRET", by="owner").status_code == 422


def test_each_release_that_is_held_is_shown_with_what_differs(rita):
    old = load([{"PARCEL_ID": "P1", "JV": 100_000, "DOR_UC": "000"}])
    gone = load([{"PARCEL_ID": "Q9"}], submission=2)
    new = load([{"PARCEL_ID": "P1", "JV": 250_000, "DOR_UC": "001"}], stage="F")

    address = f"/console/data/parcels/{UNION}/current/P1"
    page = text(rita.get(address))
    before = text(rita.get(address, {"release": old.pk}))

    assert all(release.release in page for release in (old, gone, new))
    assert "not in this release" in page
    assert "single family" in page
    assert "vacant residential" in before
    assert "100,000" in before
    assert "superseded" in before


def test_differences_are_marked_where_the_release_before_has_the_parcel(rita):
    load([{"PARCEL_ID": "P1", "JV": 100_000}])
    load([{"PARCEL_ID": "P1", "JV": 250_000}], submission=2)

    page = text(rita.get(f"/console/data/parcels/{UNION}/current/P1"))

    assert "before: 100,000" in page
    assert re.search(r"<del>100,000</del>\s*<ins>250,000</ins>", page)


def test_a_withdrawn_release_is_not_current_but_still_part_of_the_history(rita):
    old = load([{"PARCEL_ID": "P1", "JV": 100_000}])
    new = load([{"PARCEL_ID": "P1", "JV": 250_000}], stage="F")
    releases.withdraw(new, who="rita", reason="wrong")

    page = text(rita.get(f"/console/data/parcels/{UNION}/2025/P1"))

    assert re.search(rf'class="state loaded".*?{old.release}', page, re.DOTALL)
    assert "withdrawn" in page
    assert new.release in page


def test_sales_and_accounts_go_with_the_parcel(rita):
    load([{"PARCEL_ID": "P1", "PHY_ADDR1": "8 Elm St"}])
    load([{"PARCEL_ID": "P1", "SALE_PRC": 98_765, "QUAL_CD": "05", "SALE_YR": 2025, "SALE_MO": "02"}], "SDF")
    load([{"ACCT_ID": "P1"}, {"ACCT_ID": "A2", "PHY_ADDR": "8 ELM ST"}], "NAP")

    page = text(rita.get(f"/console/data/parcels/{UNION}/current/P1"))

    assert "$98,765" in page
    assert "qualified, several parcels" in page
    assert "the same id" in page
    assert "the same site address" in page


@pytest.mark.parametrize(
    "address",
    [
        "/console/data/parcels/Atlantis/current/P1",
        "/console/data/parcels/73/soon/P1",
        "/console/data/boats/73/current/P1",
        "/console/data/parcels/73/current/none",
        "/console/data/parcels/73/current/none?release=x",
        "/console/data/releases/999",
        "/console/data/releases?year=x",
        "/console/data/coverage?year=-1",
    ],
)
def test_what_is_not_there_is_not_found(rita, address):
    assert rita.get(address).status_code == 404
