"""The property data in the console: search, one parcel, releases and their quarantine, coverage."""

import html
import re
from urllib.parse import unquote

import polars as pl
import pytest
from django.contrib.auth.models import Permission
from django.db import connections
from django.test import Client

from operations.data import reading, search
from operations.states import Reason, Status, StepStatus
from tests.make import make_escalation, make_operation, make_person, make_reviewer
from tests.workers.rolls import make_csv, make_dataset, make_download, make_processed
from workers import counties, datasets
from workers.contract import Call
from workers.florida_data.process import process
from workers.florida_data.upload import upload
from workers.warehouse import releases
from workers.warehouse.models import Release, ReleaseAct

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)

HOSTILE = "<script>alert(1)</script>\u202eX"
UNION = counties.find("Union").no


@pytest.fixture(autouse=True)
def a_slow_machine_is_no_slow_search(monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 60)


@pytest.fixture
def rita():
    """Somebody with all that the group of reviewers has."""
    return signed_in(make_reviewer("rita"), "withdraw_release", "see_owners")


@pytest.fixture
def bob():
    """A reviewer without the rights about data."""
    return signed_in(make_reviewer("bob"))


def signed_in(person, *codenames):
    person.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(person)
    return browser


def load(rows=None, file_type="NAL", **fields):
    """Load a release of Union County; ``rows`` change its first rows, each a dictionary of columns."""
    processed = make_processed(file_type=file_type, **fields)
    frame = datasets.read(processed["dataset"]).to_dicts()
    for row, changes in zip(frame, rows or [], strict=False):
        row.update(changes)
    schema = datasets.read(processed["dataset"]).schema
    name = f"{processed['release']}-{len(frame)}"
    processed["dataset"] = make_dataset(pl.DataFrame(frame, schema=schema), name)
    upload.run(Call(), {"processed": processed})
    return Release.objects.get(release=processed["release"])


def text(response):
    return html.unescape(response.content.decode())


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

    for response in (results, page, look_for(rita, "<b>x</b>")):
        raw = response.content.decode()
        assert not re.search(r"<script(?![^>]* src=)|<img src=x|<b>|<i>| style=", raw)
        assert "\u202e" not in raw
    assert "\\u202e" in page.content.decode()


def test_owners_are_shown_to_nobody_without_the_permission(rita, bob):
    load([{"PARCEL_ID": "P1", "OWN_NAME": "SECRET PERSON", "OWN_ADDR1": "HIDDEN 1", "JV": 111}])
    load([{"PARCEL_ID": "P1", "OWN_NAME": "SECRET HEIR", "OWN_ADDR1": "HIDDEN 2", "JV": 222}], submission=2)
    address = f"/console/data/parcels/{UNION}/current/P1"

    assert "SECRET HEIR" in text(rita.get(address))
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


def test_releases_are_listed_and_narrowed(rita):
    nal, sdf = load(), load(file_type="SDF")

    assert all(one.release in text(rita.get("/console/data/releases")) for one in (nal, sdf))
    narrowed = text(rita.get("/console/data/releases", {"county": UNION, "type": "SDF", "state": "loaded"}))
    assert sdf.release in narrowed
    assert nal.release not in narrowed
    assert "Show all" in text(rita.get("/console/data/releases", {"year": "1999"}))


def load_with_quarantine():
    content = make_csv("SDF").replace(b"\r\n", b"\r\nEVIL <b>,ROW\r\n", 1)
    processed = process.run(Call(), {"download": make_download(content, "SDF"), "level": "permissive"})
    upload.run(Call(), {"processed": processed})
    return Release.objects.get()


def test_a_release_shows_the_rows_that_were_set_aside_and_why(rita, bob):
    release = load_with_quarantine()

    page = rita.get(f"/console/data/releases/{release.pk}")

    assert "wrong number of cells" in text(page)
    assert "EVIL <b>,ROW" in text(page)
    assert "<b>" not in page.content.decode()
    assert "wrong number of cells" in text(bob.get(f"/console/data/releases/{release.pk}"))
    assert "EVIL" not in text(bob.get(f"/console/data/releases/{release.pk}"))


def test_a_quarantine_that_is_gone_or_was_never_kept_is_said(rita):
    release = load_with_quarantine()
    gone = release.quarantine | {"$dataset": release.quarantine["$dataset"] + "x"}

    for reference, words in ((gone, "cannot be read"), (None, "not kept")):
        Release.objects.update(quarantine=reference)
        assert words in text(rita.get(f"/console/data/releases/{release.pk}"))


def act(browser, release, verb, **form):
    return browser.post(f"/console/data/releases/{release.pk}/{verb}", {"reason": "wrong", "confirmed": "on"} | form)


def state(release):
    return Release.objects.get(pk=release.pk).state


def test_a_release_is_withdrawn_with_a_reason_and_put_back(rita):
    old, new = load(), load(stage="F")

    assert old.release in text(rita.get(f"/console/data/releases/{new.pk}"))  # what readers would see instead
    withdrawn = act(rita, new, "withdraw", reason="the county's mistake")
    page = text(rita.get(withdrawn["Location"]))

    assert (state(old), state(new)) == ("loaded", "withdrawn")
    assert "the county's mistake" in page
    assert f"Current is now {old.release}" in page
    act(rita, new, "restore", reason="no mistake")
    assert (state(old), state(new)) == ("superseded", "loaded")
    assert [one.who for one in ReleaseAct.objects.all()] == ["rita", "rita"]


@pytest.mark.parametrize("form", [{"reason": " "}, {"confirmed": ""}], ids=["no reason", "not confirmed"])
def test_nothing_is_withdrawn_without_reason_and_confirmation(rita, form):
    release = load()

    assert act(rita, release, "withdraw", **form).status_code == 422
    assert state(release) == "loaded"


def test_who_comes_second_is_told_how_it_is_now(rita):
    release = load()
    act(rita, release, "withdraw")

    response = act(rita, release, "withdraw")

    assert response.status_code == 409
    assert "it is withdrawn" in text(response)
    assert act(rita, release, "restore").status_code == 302
    assert act(rita, release, "restore").status_code == 409


@pytest.mark.parametrize("verb", ["withdraw", "restore"])
def test_nobody_withdraws_or_puts_back_without_the_permission(bob, verb):
    release = load()
    staff = signed_in(make_person("sam", is_staff=True))
    stranger = signed_in(make_person("eve"), "withdraw_release")  # who may not open the console at all

    for browser in (bob, staff, stranger):
        assert act(browser, release, verb).status_code == 403
        assert ">Withdraw<" not in browser.get(f"/console/data/releases/{release.pk}").content.decode()
    assert Client().post(f"/console/data/releases/{release.pk}/{verb}").status_code == 302
    assert state(release) == "loaded"


def test_acts_are_posts(rita):
    release = load()

    assert rita.get(f"/console/data/releases/{release.pk}/withdraw").status_code == 405


@pytest.mark.parametrize("address", ["", "/coverage", "/releases", "/releases/1", "/parcels/73/current/P1"])
def test_the_pages_are_for_those_who_may_open_the_console(address):
    path = f"/console/data{address}"

    assert Client().get(path)["Location"] == f"/console/login?next={path}"
    assert signed_in(make_person("eve")).get(path).status_code == 403


def cell(response, county, place=0):
    """What a screen reader says of a county's cell."""
    [row] = re.findall(rf'<th scope="row">\s*{county}\s*</th>(.*?)</tr>', response.content.decode(), re.DOTALL)
    return re.findall(r'class="unseen">([^<]+)<', row)[place]


def make_question(label):
    operation = make_operation(status=Status.ESCALATING)
    for number, name in enumerate((label, "Baker NAL 2025P"), 1):
        operation.steps.create(
            step_id=f"E4[{number}]",
            position=number,
            worker="w",
            action="a",
            status=StepStatus.FAILED if name == label else StepStatus.COMPLETED,
            label=name,
        )
    return make_escalation(operation, reason=Reason.RULE_FAILED, steps=["E4[1]"])


def test_coverage_tells_what_is_loaded_stale_withdrawn_missing_and_held(rita):
    load()
    question = make_question("Saint Johns NAL 2025P")

    page = rita.get("/console/data/coverage")

    assert cell(page, "Union") == "loaded"
    assert cell(page, "Saint Johns") == "held: a person is asked about it"
    assert f"/console/escalations/{question.pk}" in text(page)
    assert cell(page, "Baker") == "missing"
    assert cell(page, "Alachua") == "missing"


def test_an_earlier_year_is_stale_and_a_withdrawn_file_is_said_to_be(rita):
    release = load()
    Release.objects.filter(pk=release.pk).update(year=2024)
    other = load(file_type="SDF")
    releases.withdraw(other, who="rita", reason="wrong")

    page = rita.get("/console/data/coverage")

    assert cell(page, "Union", 0).startswith("stale")
    assert cell(page, "Union", 1).startswith("withdrawn")
    assert cell(rita.get("/console/data/coverage?year=2024"), "Union", 0) == "loaded"


def test_answered_questions_hold_nothing(rita):
    load()
    make_question("Saint Johns NAL 2025P").__class__.objects.update(status="decided")

    assert cell(rita.get("/console/data/coverage"), "Saint Johns") == "missing"


def test_the_number_of_queries_of_coverage_does_not_grow(rita, django_assert_num_queries):
    load()
    for number in (1, 25):
        for county in counties.COUNTIES[:number]:
            make_question(f"{county.name} NAL 2025P")
            Release.objects.get_or_create(
                release=f"SDF-{county.no}",
                defaults={
                    "file_type": "SDF",
                    "county_no": county.no,
                    "year": 2025,
                    "stage": "P",
                    "submission": 1,
                    "table": "sdf",
                    "state": "loaded",
                },
            )
        with django_assert_num_queries(1, using="warehouse"):
            rita.get("/console/data/coverage")
        with django_assert_num_queries(QUERIES):
            rita.get("/console/data/coverage")


QUERIES = 9  # the session and the person, rights, the navigation's counts and notices, questions and their steps
